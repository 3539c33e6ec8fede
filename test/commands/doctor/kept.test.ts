import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BrokenWorld, doctorThere, inWorld, SECRET, TOKEN } from '../../support/broken-worlds.ts'

/** Stand-ins for Windows' own programs: a name with backslashes is one word to a POSIX shell, looked for on PATH. */
const REG = 'bin/C:\\Windows\\System32\\reg.exe'
const TASKLIST = 'bin/C:\\Windows\\System32\\tasklist.exe'

const query = (lines: string) =>
  `#!/bin/sh\n[ "$*" = 'query HKCU\\Environment' ] || exit 9\nprintf '\\r\\nHKEY_CURRENT_USER\\\\Environment\\r\\n'\ncat <<'END'\n${lines}END\n`
const KEPT = `    TEMP    REG_EXPAND_SZ    %USERPROFILE%\\Temp\r\n    AWS_SECRET_ACCESS_KEY    REG_SZ    ${SECRET}\r\n    AWS_SESSION_TOKEN    REG_EXPAND_SZ    ${TOKEN}\r\n`
const startedBy = (program: string) => `#!/bin/sh\necho '"${program}","1234","Console","1","9,000 K"'\n`

async function onWindows(files: Readonly<Record<string, string>>) {
  const world: BrokenWorld = {
    name: 'Windows',
    files,
    env: { PATH: '$HOME/bin:/usr/bin:/bin', USERPROFILE: '$HOME', SystemRoot: 'C:\\Windows' },
    platform: 'win32',
    words: ['--offline'],
    finds: [],
  }
  return inWorld(world, async (home) => {
    const { json, text } = await doctorThere(world, home)
    for (const secret of [SECRET, TOKEN]) assert.ok(!(text + JSON.stringify(json)).includes(secret))
    return json.findings.filter(({ code }) => code === 'env-kept' || code === 'not-checked')
  })
}

test('what setx keeps in the registry is found by name, with the line that takes it away in PowerShell', async () => {
  for (const program of ['powershell.exe', 'pwsh.exe', 'explorer.exe']) {
    const [found, ...others] = await onWindows({ [REG]: query(KEPT), [TASKLIST]: startedBy(program) })
    assert.deepEqual(others, [])
    assert.equal(found?.severity, 'bad')
    const names = 'AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN'
    assert.equal(found?.what, `setx keeps ${names} in the registry (HKCU\\Environment)`)
    const cure = 'aws-cred export --unset --persisted --format powershell | Out-String | Invoke-Expression'
    assert.equal(found?.cure, cure)
  }
})

test('and in cmd.exe', async () => {
  const [found] = await onWindows({ [REG]: query(KEPT), [TASKLIST]: startedBy('cmd.exe') })
  assert.equal(
    found?.cure,
    `powershell -NoProfile -Command "foreach ($n in 'AWS_SECRET_ACCESS_KEY','AWS_SESSION_TOKEN') { [Environment]::SetEnvironmentVariable($n, [NullString]::Value, 'User') }"`,
  )
})

test('a registry that keeps nothing of AWS is well, and one that does not answer is said', async () => {
  assert.deepEqual(
    await onWindows({ [REG]: query('    TEMP    REG_SZ    x\r\n    AWS_PROFILE    REG_SZ    prod\r\n') }),
    [],
  )
  const [failed] = await onWindows({
    [REG]: `#!/bin/sh\necho '${SECRET}'\necho 'ZUGRIFF VERWEIGERT ${SECRET}' >&2\nexit 1\n`,
  })
  assert.deepEqual([failed?.code, failed?.severity], ['not-checked', 'bad'])
  assert.equal(failed?.what, 'cannot look for what setx keeps in HKCU\\Environment: reg.exe ended with 1')
})
