import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createVault, readVaultHeader } from '../../src/keychain/vault-header.ts'
import { keepVaultKey } from '../../src/keychain/vault-key.ts'
import { BINARY, ensureBuilt } from '../support/built-binary.ts'
import { fakeContext } from '../support/fake-context.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { elsewhere, need } from '../support/need.ts'
import { hasPty, openPty } from '../support/pty.ts'
import { fakeProgram, releaseFolder, sha256, sumsOf, temporary } from '../support/release-folder.ts'
import { findShell } from '../support/shell-session.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SCRIPT = join(ROOT, 'install.sh')
const PATH = '/usr/local/bin:/usr/bin:/bin'

interface Home {
  readonly dir: string
  readonly home: string
  readonly release: string
  sh(words: readonly string[], env?: Record<string, string>): SpawnSyncReturns<string>
  has(path: string): boolean
  text(path: string): string
}

/** An empty home and a release with a stand-in for the program. */
function place(t: TestContext, shell: readonly string[] = ['sh']): Home {
  const dir = temporary(t)
  const home = join(dir, 'home')
  mkdirSync(home)
  const release = releaseFolder(join(dir, 'aws-cred-test'), fakeProgram('1.0'))
  const sh = (words: readonly string[], env: Record<string, string> = {}) =>
    spawnSync(shell[0] as string, [...shell.slice(1), SCRIPT, ...words], {
      // A session of its own: no terminal to ask at.
      env: { PATH, HOME: home, ...env },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    } as never)
  const has = (path: string) => existsSync(join(home, path))
  return { dir, home, release, sh, has, text: (path) => readFileSync(join(home, path), 'utf8') }
}

function ok(ended: SpawnSyncReturns<string>): string {
  assert.equal(ended.status, 0, ended.stderr + ended.stdout)
  return ended.stdout
}

/** All files and links below a folder with what they hold. */
function tree(folder: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const stat = lstatSync(join(folder, name))
    if (stat.isDirectory()) {
      found[`${name}/`] = 'folder'
      continue
    }
    found[name] = stat.isSymbolicLink() ? 'link' : `${stat.mode} ${readFileSync(join(folder, name), 'latin1')}`
  }
  return found
}

for (const shell of [['dash'], ['bash'], ['bash', '--posix'], ['zsh', '--emulate', 'sh'], ['busybox', 'sh']]) {
  test(`install.sh under ${shell.join(' ')}: installs, again without a second line, and leaves rc files as they were`, (t) => {
    const there = spawnSync('/bin/sh', ['-c', `command -v ${shell[0]}`]).status === 0
    if (!need(t, shell[0] as string, there)) return
    const here = place(t, shell)
    const { home, release } = here
    writeFileSync(join(home, '.bashrc'), 'no end of line \\ \xe9', 'latin1')
    chmodSync(join(home, '.bashrc'), 0o600)
    mkdirSync(join(home, 'dot'))
    writeFileSync(join(home, 'dot/zshrc'), 'a\r\nb\n\n')
    symlinkSync('dot/zshrc', join(home, '.zshrc'))
    const before = tree(home)
    ok(here.sh([release, '--yes']))
    const once = tree(home)
    ok(here.sh([release, '--yes']))
    assert.deepEqual(tree(home), once)
    assert.match(
      here.text('.bashrc'),
      /\nif \[ -r "\$HOME\/\.local\/share\/aws-cred\/hook\.bash" \]; then .*; fi # added .*\n$/,
    )
    assert.equal(statSync(join(home, '.bashrc')).mode & 0o777, 0o600)
    assert.ok(lstatSync(join(home, '.zshrc')).isSymbolicLink())
    const hook = join(home, '.local/share/aws-cred/hook.bash')
    assert.equal(readFileSync(hook, 'utf8'), readFileSync(join(ROOT, 'shell/hook.bash'), 'utf8'))
    writeFileSync(join(home, '.local/bin/other'), 'not ours')
    const out = ok(here.sh(['--uninstall']))
    assert.match(out, /these stay:\n {2}keychain: 1 item\n/)
    const folders = { '.local/': 'folder', '.local/bin/': 'folder' }
    assert.deepEqual(tree(home), { ...before, ...folders, '.local/bin/other': tree(home)['.local/bin/other'] })
  })
}

test('uninstall takes out its own line alone where the rc file was changed since', (t) => {
  const here = place(t)
  writeFileSync(join(here.home, '.bashrc'), 'a')
  ok(here.sh([here.release, '--yes']))
  writeFileSync(join(here.home, '.bashrc'), `# first\n${here.text('.bashrc')}last, no end`)
  ok(here.sh(['--uninstall']))
  assert.equal(here.text('.bashrc'), '# first\na\nlast, no end')
  assert.equal(here.text('.bashrc.aws-cred-backup'), 'a')
})

test('without --yes and a terminal, and with --no-rc, no rc file is touched and the line is shown', (t) => {
  for (const words of [[], ['--no-rc', '--yes']]) {
    const here = place(t)
    const out = ok(here.sh([here.release, ...words]))
    assert.match(out, /not added to .*\.bashrc; the line is:\n {2}if \[ -r /)
    assert.deepEqual([here.has('.bashrc'), here.has('.local/bin/aws-cred')], [false, true])
  }
})

test('asked at a terminal it takes y for a yes', async (t) => {
  if (!need(t, 'a pty', hasPty())) return
  const here = place(t)
  const pty = openPty(t, ['sh', SCRIPT, here.release], { HOME: here.home })
  await pty.waitFor('.bashrc? [y/N]')
  pty.type('y\r')
  for (const name of ['zsh', 'fish'])
    if (findShell(name as 'zsh') !== null) {
      await pty.waitFor('? [y/N]')
      pty.type('n\r')
    }
  assert.equal(await pty.exited, 0, pty.output())
  assert.deepEqual([here.has('.bashrc'), here.has('.zshrc')], [true, false])
})

test('--prefix with blanks installs there and uninstalls from there', (t) => {
  const here = place(t)
  const prefix = join(here.dir, 'a place $(touch x)')
  ok(here.sh([here.release, '--yes', '--prefix', prefix]))
  assert.match(here.text('.bashrc'), /'[^']*\/a place \$\(touch x\)\/share\/aws-cred\/hook\.bash'/)
  const script = join(prefix, 'share/aws-cred/install.sh')
  const { status } = spawnSync('sh', [script, '--uninstall'], { env: { PATH, HOME: here.home } })
  assert.equal(status, 0)
  assert.deepEqual([existsSync(prefix), tree(here.home)], [false, {}])
  assert.equal(here.sh([here.release, '--prefix', "/it's"]).status, 1)
})

for (const [typed, where] of Object.entries({
  'pre/': 'pre',
  './pre': 'pre',
  'sub/../pre': 'pre',
  'link/../pre': 'elsewhere/pre',
  'real//.//pre/.': 'real/pre',
  'link/pre': 'link/pre',
  'home/.local/': 'home/.local',
})) {
  test(`--prefix ${typed}: one line, which each other way to write it takes out`, (t) => {
    const here = place(t)
    for (const name of ['sub', 'elsewhere', 'elsewhere/real', 'real']) mkdirSync(join(here.dir, name))
    symlinkSync('elsewhere/real', join(here.dir, 'link'))
    const prefix = join(here.dir, where)
    const typedThere = (words: readonly string[]) =>
      spawnSync('sh', [SCRIPT, ...words], {
        cwd: here.dir,
        env: { PATH, HOME: here.home },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    const physical = where.replace('link', 'elsewhere/real')
    for (const words of [
      ['--prefix', typed],
      ['--prefix', `${here.dir}/${typed}//`],
      ['--prefix', join(here.dir, physical)],
    ]) {
      ok(typedThere([here.release, '--yes', '--prefix', typed]))
      ok(typedThere([here.release, '--yes', ...words]))
      assert.equal(here.text('.bashrc').split('\n').length, 2)
      const word = where === 'home/.local' ? '"$HOME/.local' : `'${prefix}`
      assert.ok(here.text('.bashrc').startsWith(`if [ -r ${word}/share/aws-cred/hook.bash`), here.text('.bashrc'))
      const said = ok(typedThere(['--uninstall', ...words]))
      assert.doesNotMatch(said, /left in/)
      assert.deepEqual(tree(here.home), {})
    }
    ok(typedThere([here.release, '--yes', '--prefix', typed]))
    const own = join(here.dir, physical, 'share/aws-cred/install.sh')
    ok(spawnSync('sh', [own, '--uninstall'], { env: { PATH, HOME: here.home }, encoding: 'utf8' }))
    assert.deepEqual(tree(here.home), {})
  })
}

test('uninstall takes out lines of older installs in other forms, and tells what still loads a hook', (t) => {
  const here = place(t)
  const prefix = join(here.dir, 'pre')
  ok(here.sh([here.release, '--yes', '--prefix', prefix]))
  const line = here.text('.bashrc')
  const as = (form: string) => line.replaceAll(prefix, form)
  writeFileSync(join(here.home, '.bashrc'), `a\n${as(`${prefix}/`)}${as(`${here.dir}/./pre`)}b\n`)
  const out = ok(here.sh(['--uninstall', '--prefix', `${prefix}/`]))
  assert.equal(here.text('.bashrc'), 'a\nb\n')
  assert.doesNotMatch(out, /left in/)
  ok(here.sh([here.release, '--yes', '--prefix', prefix]))
  const theirs = `. '${prefix}/share/aws-cred/hook.bash'`
  writeFileSync(join(here.home, '.bashrc'), `${theirs}\n${as('/other')}`)
  const said = ok(here.sh(['--uninstall', '--prefix', prefix]))
  assert.ok(said.includes(`left in ~/.bashrc: ${theirs}\nleft in ~/.bashrc: ${as('/other')}`), said)
  assert.equal(here.text('.bashrc'), `${theirs}\n${as('/other')}`)
})

test('a damaged file, a wrong --sha256 and an archive that leads out of its folder are refused', (t) => {
  const here = place(t)
  const archive = join(here.dir, 'aws-cred-test.tar.gz')
  spawnSync('tar', ['-czf', archive, '-C', here.dir, 'aws-cred-test'])
  ok(here.sh([archive, '--yes', '--sha256', sha256(archive).toUpperCase()]))
  ok(here.sh(['--uninstall']))
  const wrong = here.sh([archive, '--yes', '--sha256', '0'.repeat(64)])
  assert.deepEqual([wrong.status, tree(here.home)], [1, {}])
  assert.match(wrong.stderr, /not what --sha256 names/)
  writeFileSync(join(here.release, 'shell/hook.zsh'), 'damaged')
  assert.match(here.sh([here.release, '--yes']).stderr, /"shell\/hook\.zsh": its checksum is wrong/)
  const evil = join(here.dir, 'evil.tar.gz')
  spawnSync('tar', ['-czPf', evil, '--transform', 's,^,../,', '-C', here.dir, 'aws-cred-test'])
  assert.match(here.sh([evil, '--yes']).stderr, /not a release/)
  assert.deepEqual(tree(here.home), {})
})

test('--url takes https, and http from loopback alone; the checksum beside it must hold', async (t) => {
  if (!need(t, 'curl', spawnSync('curl', ['--version']).status === 0)) return
  const here = place(t)
  for (const url of [
    'http://example.com/a.tar.gz',
    'http://127.0.0.1:80@example.com/a',
    'file:///etc/passwd',
    'ftp://a/b',
  ]) {
    assert.match(here.sh(['--url', url, '--yes']).stderr, /only https|not a plain address/)
  }
  spawnSync('tar', ['-czf', join(here.dir, 'aws-cred-test.tar.gz'), '-C', here.dir, 'aws-cred-test'])
  sumsOf(here.dir, ['aws-cred-test.tar.gz'])
  const files = new Map(
    ['aws-cred-test.tar.gz', 'SHA256SUMS'].map((name) => [`/${name}`, readFileSync(join(here.dir, name))]),
  )
  const server = createServer((request, response) => {
    const body = files.get(request.url ?? '')
    response.writeHead(body === undefined ? 404 : 200).end(body)
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/aws-cred-test.tar.gz`
  const run = async (words: readonly string[]) => {
    const child = spawn('sh', [SCRIPT, ...words], { env: { PATH, HOME: here.home }, stdio: 'ignore', detached: true })
    return (await once(child, 'exit'))[0] as number
  }
  assert.equal(await run(['--url', url, '--yes']), 0)
  assert.equal(here.sh(['--uninstall']).status, 0)
  files.set('/SHA256SUMS', Buffer.from(`${'0'.repeat(64)}  aws-cred-test.tar.gz\n`))
  assert.equal(await run(['--url', url, '--yes']), 1)
  assert.equal(await run(['--url', url, '--yes', '--sha256', sha256(join(here.dir, 'aws-cred-test.tar.gz'))]), 0)
})

test('an upgrade while the old program runs leaves that one running', async (t) => {
  const here = place(t)
  ok(here.sh([here.release, '--yes']))
  const running = spawn(join(here.home, '.local/bin/aws-cred'), ['sleep'], {
    env: { PATH },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const newer = releaseFolder(join(here.dir, 'newer'), fakeProgram('2.0'))
  assert.match(ok(here.sh([newer, '--yes'])), /installed aws-cred 2\.0/)
  let said = ''
  running.stdout.on('data', (chunk) => {
    said += chunk
  })
  running.stdin.end('up\n')
  await once(running, 'close')
  assert.equal(said, 'woke up\n')
})

test('kill -9 after each step leaves a working old or new one, and the next install and uninstall mend it', (t) => {
  for (const fresh of [true, false]) {
    for (const step of [1, 2, 3, 4, 5, 6, 'rc', 7]) {
      // Where the line is there already, nothing is done at that step.
      if (step === 'rc' && !fresh) continue
      const replaced = step === 'rc' || Number(step) >= 6
      const here = place(t)
      writeFileSync(join(here.home, '.bashrc'), 'A=1\n')
      const before = tree(here.home)
      if (!fresh) ok(here.sh([here.release, '--yes']))
      const newer = releaseFolder(join(here.dir, 'newer'), fakeProgram('2.0'))
      const killed = here.sh([newer, '--yes'], { AWS_CRED_INSTALL_STOP_AFTER: `${step}`, TMPDIR: here.dir })
      assert.equal(killed.signal, 'SIGKILL', `step ${step}`)
      const said = spawnSync(join(here.home, '.local/bin/aws-cred'), ['--version'], { encoding: 'utf8' }).stdout
      if (fresh) assert.ok(replaced ? said === 'aws-cred 2.0\n' : !said)
      else assert.equal(said, replaced ? 'aws-cred 2.0\n' : 'aws-cred 1.0\n', `step ${step}`)
      const rc = spawnSync('bash', ['-c', '. ~/.bashrc'], { env: { PATH, HOME: here.home }, encoding: 'utf8' })
      assert.doesNotMatch(rc.stderr, /aws-cred|syntax/)
      if (step === 'rc' || Number(step) % 2 === 0)
        assert.match(ok(here.sh([newer, '--yes'])), /installed aws-cred 2\.0/)
      const left = here.sh(['--uninstall'])
      assert.equal(left.status, fresh && step === 1 ? 1 : 0, left.stderr)
      // Killed before there is a list, an install leaves the empty folders.
      const made = fresh && step === 1 ? ['', 'bin/', 'share/', 'share/aws-cred/'] : []
      const folders = Object.fromEntries(made.map((name) => [`.local/${name}`, 'folder']))
      assert.deepEqual(tree(here.home), { ...before, ...folders }, `step ${step}`)
    }
  }
})

test('kill -9 within an uninstall: the next one ends it', (t) => {
  for (const step of [1, 2]) {
    const here = place(t)
    ok(here.sh([here.release, '--yes']))
    assert.equal(
      here.sh(['--uninstall'], { AWS_CRED_INSTALL_STOP_AFTER: `${step}`, TMPDIR: here.dir }).signal,
      'SIGKILL',
    )
    ok(here.sh(['--uninstall']))
    assert.deepEqual(tree(here.home), {})
  }
})

test('--purge runs the program first, after a yes; where it fails nothing is uninstalled', (t) => {
  const here = place(t)
  ok(here.sh([here.release, '--yes']))
  const no = here.sh(['--uninstall', '--purge'])
  assert.deepEqual([no.status, here.has('purged')], [1, false])
  writeFileSync(join(here.home, 'locked'), '')
  const locked = here.sh(['--uninstall', '--purge', '--yes'])
  assert.match(locked.stderr, /nothing was uninstalled/)
  assert.ok(here.has('.local/bin/aws-cred') && here.has('.bashrc'))
  rmSync(join(here.home, 'locked'))
  ok(here.sh(['--uninstall', '--purge', '--yes']))
  assert.deepEqual(Object.keys(tree(here.home)), ['purged'])
})

test('refused: another program of that name, sudo, a home that is no path', (t) => {
  const here = place(t)
  mkdirSync(join(here.home, '.local/bin'), { recursive: true })
  writeFileSync(join(here.home, '.local/bin/aws-cred'), '#!/bin/sh\necho other\n', { mode: 0o755 })
  assert.match(here.sh([here.release, '--yes']).stderr, /it is another program/)
  if (process.geteuid?.() === 0) assert.match(here.sh([here.release], { SUDO_USER: 'me' }).stderr, /without sudo/)
  assert.match(here.sh([here.release], { HOME: '' }).stderr, /absolute path/)
})

test('a program that does not run here is not installed', (t) => {
  const here = place(t)
  const broken = releaseFolder(join(here.dir, 'broken'), { text: '#!/no/such/interpreter\n' })
  assert.match(here.sh([broken, '--yes']).stderr, /does not run on this machine/)
  assert.ok(!here.has('.local/bin/aws-cred'))
})

test('from a clone without arguments it builds first', (t) => {
  const here = place(t)
  const clone = releaseFolder(join(here.dir, 'clone'), fakeProgram('0'))
  for (const name of ['aws-cred', 'SHA256SUMS']) rmSync(join(clone, name))
  mkdirSync(join(clone, 'src'))
  mkdirSync(join(here.dir, 'tools'))
  for (const name of ['package.json', 'src/main.ts']) writeFileSync(join(clone, name), '{}')
  writeFileSync(join(here.dir, 'program'), fakeProgram('3.0').text, { mode: 0o755 })
  const npm = `#!/bin/sh\necho "$*" >>'${here.dir}/calls'\nmkdir -p dist && cp '${here.dir}/program' dist/aws-cred\n`
  writeFileSync(join(here.dir, 'tools/npm'), npm, { mode: 0o755 })
  const env = { PATH: `${here.dir}/tools:${PATH}`, HOME: here.home }
  const ended = spawnSync(join(clone, 'install.sh'), ['--yes'], { env, encoding: 'utf8' })
  assert.match(ok(ended), /installed aws-cred 3\.0/)
  assert.equal(readFileSync(join(here.dir, 'calls'), 'utf8'), 'ci --no-audit --no-fund\nrun build\n')
})

/** The real program in a home of its own. */
function realInstall(t: TestContext): Home {
  ensureBuilt()
  const here = place(t)
  const real = releaseFolder(join(here.dir, 'real'), { path: BINARY })
  ok(here.sh([real, '--yes']))
  return here
}

test('from an empty home: each new interactive shell has the hook loaded, and hook --check says so', async (t) => {
  if (!need(t, 'a pty', hasPty())) return
  const here = realInstall(t)
  const start = { bash: ['bash', '-i'], zsh: ['zsh', '-d', '-i'], fish: ['fish', '-i'] } as const
  for (const [shell, command] of Object.entries(start)) {
    if (!need(t, shell, findShell(shell as 'bash') !== null)) continue
    mkdirSync(join(here.home, '.local/share/fish/generated_completions'), { recursive: true })
    const pty = openPty(t, command, { HOME: here.home, TERM: 'dumb' })
    pty.type(`echo "<$AWS_CRED_HOOKED>"; '${here.home}/.local/bin/aws-cred' hook --check; echo "=done"'='; exit\r`)
    await pty.waitFor('=done=')
    assert.match(pty.output(), new RegExp(`<${shell}:[0-9]+>`))
    assert.match(pty.output(), new RegExp(`installed: bash, zsh, fish, powershell\\r?\\nloaded: yes, ${shell}:`))
    await pty.exited
  }
})

test('--purge of the real program: every item leaves the keychain, then the state folder goes', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  const here = realInstall(t)
  await withKeyring(async ({ env, accounts }) => {
    const own = { ...env, HOME: here.home, XDG_STATE_HOME: join(here.home, '.local/state'), AWS_CRED_STORE: 'keychain' }
    const script = [
      `const { openWorkspace } = await import('${ROOT}/src/commands/session/workspace.ts')`,
      `const { openKeychain } = await import('${ROOT}/src/commands/session/store/open-keychain.ts')`,
      `const { realContext } = await import('${ROOT}/src/io/real-context.ts')`,
      'const store = openKeychain(openWorkspace(realContext()), { deadlineMs: 5000 })',
      "for (const name of ['key:a', 'session:b']) await store.set(name, 'value')",
    ].join(';')
    const put = spawnSync(process.execPath, ['--input-type=module', '-e', script], { env: own, encoding: 'utf8' })
    assert.equal(put.status, 0, put.stderr)
    assert.equal((await accounts('aws-cred')).length, 2)
    const show = ok(here.sh(['--uninstall', '--purge', '--yes'], own))
    assert.match(show, /keychain, service "aws-cred": 2 items\n/)
    assert.deepEqual(await accounts('aws-cred'), [])
    // The program has made these, not the installer.
    assert.deepEqual(tree(here.home), { '.local/': 'folder', '.local/state/': 'folder' })
  })
})

for (const kind of ['install.sh', 'install.ps1']) {
  test(`${kind}: an unlocked vault is locked before the program goes; where it does not run, what stays is named`, async (t) => {
    if (!need(t, 'a tmpfs at /dev/shm', process.platform === 'linux' && existsSync('/dev/shm'))) return
    const program = findShell('powershell')
    if (kind === 'install.ps1' && (!need(t, 'PowerShell', program !== null) || program === null)) return
    ensureBuilt()
    const runtime = mkdtempSync('/dev/shm/aws-cred-test-')
    t.after(() => rmSync(runtime, { recursive: true, force: true }))
    const here = place(t)
    const env = { HOME: here.home, XDG_RUNTIME_DIR: runtime }
    const uninstall = () =>
      kind === 'install.sh'
        ? here.sh(['--uninstall'], env)
        : spawnSync(program as string, ['-NoProfile', '-File', join(here.release, kind), '-Uninstall'], {
            env: { ...env, PATH: `${PATH}:${process.env.PATH}`, DOTNET_ROOT: process.env.DOTNET_ROOT },
            encoding: 'utf8',
          })
    const dir = join(here.home, '.local/state/aws-cred/vault')
    const key = await createVault(dir, 'a passphrase', { n: 16, r: 1, p: 1 })
    const id = readVaultHeader(dir)?.id as string
    const kept = join(runtime, `aws-cred/vault-${id}.json`)
    const install = (release: string) => {
      ok(here.sh([release, '--yes', '--no-rc'], env))
      keepVaultKey(fakeContext({ home: here.home, env }), id, key)
      writeFileSync(join(runtime, `aws-cred/vault-${id}/copy`), 'of a session', { mode: 0o600 })
    }
    install(releaseFolder(join(here.dir, 'real'), { path: BINARY }))
    const said = ok(uninstall())
    assert.deepEqual(readdirSync(join(runtime, 'aws-cred')), [])
    assert.match(said, /^locked the vault\n/)
    const stays = 'vault: ~/.local/state/aws-cred/vault\n  folders: ~/.local/state/aws-cred\n'
    assert.equal(said.slice(said.indexOf('these stay:')), `these stay:\n  ${stays}`)
    install(here.release)
    writeFileSync(join(here.home, '.local/bin/aws-cred'), '#!/bin/sh\nexit 1\n')
    const unknown = ok(uninstall())
    assert.ok(existsSync(kept))
    const memory = 'in memory, of an unlocked vault:'
    assert.ok(unknown.includes('\n  keys and sessions: unknown, since the program does not run\n'), unknown)
    for (const path of [kept, kept.replace('.json', '')])
      assert.ok(unknown.includes(`\n  ${memory} ${path}\n`), unknown)
  })
}

test('install.ps1 under PowerShell: installs, not twice, and leaves the profile as it was', (t) => {
  const program = findShell('powershell')
  if (!need(t, 'PowerShell', program !== null) || program === null) return
  const here = place(t)
  const profile = join(here.home, '.config/powershell/Microsoft.PowerShell_profile.ps1')
  mkdirSync(join(profile, '..'), { recursive: true })
  writeFileSync(profile, '# mine \xe9', 'latin1')
  const env = { PATH: `${PATH}:${process.env.PATH}`, HOME: here.home, DOTNET_ROOT: process.env.DOTNET_ROOT }
  const run = (words: readonly string[]) => {
    const all = ['-NoProfile', '-File', join(here.release, 'install.ps1'), ...words, '-ProfileFile', profile]
    return spawnSync(program, all, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }
  const before = readFileSync(profile, 'latin1')
  ok(run(['-Yes']))
  ok(run(['-Yes']))
  const lines = readFileSync(profile, 'latin1').trimEnd().split('\n')
  assert.equal(lines.length, 2)
  assert.match(lines[1] ?? '', /^try \{ \. '[^']*hook\.ps1' \} catch \{ .* \} # added by the installer of aws-cred$/)
  assert.equal(
    spawnSync(join(here.home, '.local/bin/aws-cred'), ['--version'], { encoding: 'utf8' }).stdout,
    'aws-cred 1.0\n',
  )
  const hook = join(here.home, '.local/share/aws-cred/hook.ps1')
  const start = () => spawnSync(program, ['-Command', '"<$env:AWS_CRED_HOOKED>"'], { env, encoding: 'utf8' })
  assert.match(ok(start()), /^<powershell:\d+>\n$/)
  writeFileSync(hook, 'throw "damaged"')
  assert.match(start().stderr, /damaged/)
  rmSync(hook)
  const { stdout, stderr } = start()
  assert.deepEqual([stdout, stderr], ['<>\n', ''])
  ok(run(['-Yes']))
  ok(here.sh(['--uninstall', '--yes']))
  assert.equal(readFileSync(profile, 'latin1'), before)
  ok(run(['-Yes']))
  ok(run(['-Uninstall']))
  assert.equal(readFileSync(profile, 'latin1'), before)
  assert.deepEqual([here.has('.local/bin'), here.has('.local/share/aws-cred')], [false, false])
  // The prefix as people type it, and a line as an older install wrote it.
  const prefix = join(here.dir, 'pre')
  ok(run(['-Yes', '-Prefix', `${prefix}/`]))
  ok(run(['-Yes', '-Prefix', `${here.dir}/sub/../pre`]))
  const line = readFileSync(profile, 'latin1').slice(before.length)
  assert.ok(line.includes(`'${prefix}/share/aws-cred/hook.ps1'`) && line.split('try').length === 2, line)
  writeFileSync(profile, before + line + line.slice(1).replace(prefix, `${prefix}/.`), 'latin1')
  ok(run(['-Uninstall', '-Prefix', prefix]))
  assert.deepEqual([readFileSync(profile, 'latin1'), existsSync(prefix)], [before, false])
  writeFileSync(join(here.release, 'shell/hook.ps1'), 'damaged')
  assert.match(run(['-Yes']).stderr, /its checksum is wrong/)
  assert.match(run(['-Url', 'http://example.com/a.zip']).stderr, /only https/)
})

for (const what of ['Windows PowerShell 5.1', 'execution policy', 'upgrade of a running .exe', 'a .zip']) {
  test(`install.ps1 on Windows: ${what}`, (t) => elsewhere(t, 'Windows'))
}
test('install.sh on macOS: signs an unsigned program', (t) => elsewhere(t, 'macOS'))
test('install.sh under bash 3.2', (t) => elsewhere(t, 'bash 3.2'))
