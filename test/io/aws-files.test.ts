import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { homeDir, readAwsFiles } from '../../src/io/aws-files.ts'
import { need } from '../support/need.ts'

const SUITE = join(
  import.meta.dirname,
  '../../../shared/suites/smithy-rs/aws/rust-runtime/aws-runtime/test-data/file-location-tests.json',
)

function withHome(act: (home: string) => void): void {
  const home = mkdtempSync(join(tmpdir(), 'aws-cred-files-'))
  try {
    mkdirSync(join(home, '.aws'))
    act(home)
  } finally {
    rmSync(home, { recursive: true })
  }
}

test('readAwsFiles() passes all 9 cases of file-location-tests.json', async (t) => {
  if (!need(t, 'file-location-tests.json of smithy-rs', existsSync(SUITE))) return
  const cases = JSON.parse(readFileSync(SUITE, 'utf8')).tests
  assert.equal(cases.length, 9)
  for (const { name, environment, platform, configLocation, credentialsLocation } of cases) {
    await t.test(name, () => {
      const files = readAwsFiles({ env: environment, platform: platform === 'windows' ? 'win32' : platform })
      assert.deepEqual([files.configPath, files.credentialsPath], [configLocation, credentialsLocation])
    })
  }
})

test('readAwsFiles() expands variables and ~ as botocore does', () => {
  const env = { HOME: '/no/home', A: '/no/a', T: '~/t' }
  const cases: [given: string, path: string][] = [
    ['~', '/no/home'],
    ['~/x', '/no/home/x'],
    ['$A/x', '/no/a/x'],
    [`/no/\${A}b`, '/no//no/ab'],
    ['$T', '/no/home/t'],
    [`/no/$UNSET/\${UNSET}/%A%/$`, `/no/$UNSET/\${UNSET}/%A%/$`],
    ['no/~', 'no/~'],
    ['', '/no/home/.aws/config'],
  ]
  for (const [given, path] of cases) {
    assert.equal(readAwsFiles({ env: { ...env, AWS_CONFIG_FILE: given }, platform: 'linux' }).configPath, path)
  }
  const windows = readAwsFiles({ env: { HOME: 'C:\\no', AWS_CONFIG_FILE: '~\\x%B%', B: 'b' }, platform: 'win32' })
  assert.equal(windows.configPath, 'C:\\no\\xb')
  assert.throws(() => readAwsFiles({ env: { ...env, AWS_CONFIG_FILE: '~other/x' }, platform: 'linux' }), {
    message: 'cannot find "~other/x" of AWS_CONFIG_FILE: only "~/" is understood, not "~user"',
  })
})

test('readAwsFiles() merges both files and takes a missing or null one as empty', () => {
  withHome((home) => {
    const env = { HOME: home }
    const nothing = readAwsFiles({ env, platform: 'linux' })
    assert.deepEqual([nothing.config, nothing.credentials, nothing.profiles.profiles.size], [null, null, 0])
    writeFileSync(join(home, '.aws/config'), '\ufeff[profile a]\r\nregion = é\ufffd\r\n')
    writeFileSync(join(home, '.aws/credentials'), '[a]\nregion = r2\n')
    const files = readAwsFiles({ env, platform: 'linux' })
    assert.equal(files.config?.bom, true)
    assert.equal(files.config?.sections[0]?.properties[0]?.value, 'é\ufffd')
    assert.equal(files.profiles.profiles.get('a')?.properties.get('region')?.path, join(home, '.aws/credentials'))
    assert.equal(readAwsFiles({ env: { ...env, AWS_CONFIG_FILE: '/dev/null' }, platform: 'linux' }).config, null)
  })
})

test('readAwsFiles() names a file that it cannot read, and how it is', () => {
  withHome((home) => {
    const file = join(home, 'file')
    const state = (path: string, words: string) =>
      assert.throws(() => readAwsFiles({ env: { HOME: home, AWS_CONFIG_FILE: path }, platform: 'linux' }), {
        name: 'CredError',
        message: `cannot read "${path}": ${words}`,
      })
    state(home, 'is a directory')
    symlinkSync(file, file)
    state(file, 'too many symbolic links')
    rmSync(file)
    execFileSync('/usr/bin/mkfifo', [file])
    state(file, 'is not a regular file')
    rmSync(file)
    const broken: [bytes: Buffer, words: string][] = [
      [Buffer.from('[a]\0'), 'holds NUL bytes, so it is not UTF-8 text'],
      [Buffer.from('[default]\n', 'utf16le'), 'holds NUL bytes, so it is not UTF-8 text'],
      [Buffer.from('[default]\nx = \xe9\n', 'latin1'), 'is not UTF-8 text'],
      [Buffer.alloc(16 * 1024 * 1024 + 1, '\n'), 'is larger than 16 MiB'],
      [Buffer.from('[default]\nsecret'), 'line 2 holds a property without "="'],
    ]
    for (const [bytes, words] of broken) {
      writeFileSync(file, bytes)
      state(file, words)
    }
    state(join(file, 'below'), 'a part of its path is not a directory')
    state(join(home, 'x'.repeat(300)), 'its name is too long')
  })
})

test('readAwsFiles() says when a file may not be read', (t) => {
  withHome((home) => {
    const path = join(home, 'file')
    writeFileSync(path, '')
    chmodSync(path, 0)
    const asRoot = process.getuid?.() === 0
    // Root reads everything, so it is tried as nobody.
    if (asRoot) {
      chmodSync(home, 0o755)
      process.seteuid?.(65534)
    }
    try {
      if (!need(t, 'a file system with permissions', process.getuid !== undefined)) return
      assert.throws(() => readAwsFiles({ env: { HOME: home, AWS_CONFIG_FILE: path }, platform: 'linux' }), {
        message: `cannot read "${path}": permission denied`,
      })
    } finally {
      if (asRoot) process.seteuid?.(0)
    }
  })
})

test('homeDir() asks the system where no variable tells, and leaves Windows variables to Windows', () => {
  const windows = { USERPROFILE: 'C:\\u', HOMEDRIVE: 'D:', HOMEPATH: '\\h' }
  assert.equal(homeDir({ env: { HOME: '/h', ...windows }, platform: 'linux' }), '/h')
  assert.equal(homeDir({ env: windows, platform: 'linux' }), homeDir({ env: {}, platform: 'linux' }))
  assert.equal(homeDir({ env: windows, platform: 'win32' }), 'C:\\u')
  assert.equal(homeDir({ env: { ...windows, USERPROFILE: '' }, platform: 'win32' }), 'D:\\h')
  assert.ok(homeDir({ env: {}, platform: 'linux' })?.startsWith('/'))
})
