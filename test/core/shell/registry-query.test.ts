import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryNames } from '../../../src/core/shell/registry-query.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

const OUTPUTS: readonly (readonly [what: string, output: string, names: readonly string[]])[] = [
  [
    'Windows 10 and 11',
    '\r\nHKEY_CURRENT_USER\\Environment\r\n    Path    REG_EXPAND_SZ    %USERPROFILE%\\AppData\\Local\\Microsoft\\WindowsApps;\r\n    TEMP    REG_EXPAND_SZ    %USERPROFILE%\\AppData\\Local\\Temp\r\n    AWS_ACCESS_KEY_ID    REG_SZ    ASIAIOSFODNN7EXAMPLE\r\n' +
      `    AWS_SECRET_ACCESS_KEY    REG_SZ    ${SECRET}\r\n\r\n`,
    ['PATH', 'TEMP', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  ],
  [
    'Windows XP: a version and tabs',
    '\r\n! REG.EXE VERSION 3.0\r\n\r\nHKEY_CURRENT_USER\\Environment\r\n\tTEMP\tREG_EXPAND_SZ\t%USERPROFILE%\\Temp\r\n\tAWS_SESSION_TOKEN\tREG_SZ\tFwoG//x==\r\n',
    ['TEMP', 'AWS_SESSION_TOKEN'],
  ],
  [
    "German: the unnamed value's name is translated, in the console's code page",
    '\r\nHKEY_CURRENT_USER\\Environment\r\n    (Standard)    REG_SZ    (Wert nicht gesetzt)\r\n    aws_session_token    REG_SZ    x\r\n    B\ufffdcher    REG_SZ    y\r\n',
    ['AWS_SESSION_TOKEN'],
  ],
  [
    'a value that refers to another variable, an empty one, a number, and one with our separator in it',
    '\r\nHKEY_CURRENT_USER\\Environment\r\n    AWS_SECURITY_TOKEN    REG_EXPAND_SZ    %AWS_SESSION_TOKEN%\r\n    AWS_SESSION_TOKEN    REG_SZ    \r\n    AWS_ACCOUNT_ID    REG_DWORD    0x1\r\n    NOTE    REG_SZ    a    REG_SZ    b\r\n',
    ['AWS_SECURITY_TOKEN', 'NOTE'],
  ],
  [
    'keys below it are no values',
    '\r\nHKEY_CURRENT_USER\\Environment\r\n    X    REG_SZ    1\r\n\r\nHKEY_CURRENT_USER\\Environment\\AWS_SESSION_TOKEN\r\n',
    ['X'],
  ],
  ['the same name twice', '    X    REG_SZ    1\n    x    REG_SZ    2\n', ['X']],
  ['an error text', 'FEHLER: Der angegebene Registrierungsschl\ufffdssel wurde nicht gefunden.\r\n', []],
  ['nothing', '', []],
]

for (const [what, output, names] of OUTPUTS) {
  test(`reg query, ${what}`, () => {
    assert.deepEqual(registryNames(output), names)
    assert.ok(!JSON.stringify(registryNames(output)).includes(SECRET))
  })
}
