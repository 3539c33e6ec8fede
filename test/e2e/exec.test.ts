import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  documentOf,
  type E2ePlace,
  failureOf,
  keychainPlace,
  processOf,
  readyPlace,
  runIn,
  startIn,
  vaultPlace,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'
import { hasPty, openPty } from '../support/pty.ts'

const LINUX = process.platform === 'linux'

function execWords(...command: readonly string[]): string[] {
  return ['exec', '--profile', 'two', '--', ...command]
}

async function served(t: TestContext): Promise<E2ePlace> {
  const place = await readyPlace(await vaultPlace(t))
  documentOf(await processOf(place, 'two'))
  return place
}

test('exec gives the command the variables of the profile and no others', async (t) => {
  const place = await served(t)
  const document = documentOf(await processOf(place, 'two'))
  const env = {
    AWS_PROFILE: 'one',
    AWS_SECURITY_TOKEN: 'old',
    AWSUME_EXPIRATION: 'old',
    AWS_CRED_PASSPHRASE: 'secret',
    AWS_CONFIG_FILE: join(place.home, '.aws/config'),
    'BASH_FUNC_f%%': '() { :; }',
  }
  const { code, out, err } = await verb(place, execWords('env'), { env })
  assert.deepEqual([code, err], [0, ''])
  const got = Object.fromEntries(
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(/=(.*)/s)),
  )
  const { AWS_CRED_VAULT_KEY_FILE, ...kept } = place.env
  assert.ok(AWS_CRED_VAULT_KEY_FILE)
  assert.deepEqual(got, {
    ...kept,
    AWS_CONFIG_FILE: env.AWS_CONFIG_FILE,
    'BASH_FUNC_f%%': '() { :; }',
    AWS_ACCESS_KEY_ID: document.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: document.SecretAccessKey,
    AWS_SESSION_TOKEN: document.SessionToken,
    AWS_CREDENTIAL_EXPIRATION: document.Expiration,
    AWS_CRED_PROFILE: 'two',
  })
})

test("exec passes on stdin, stdout, stderr, arguments and the command's status", async (t) => {
  const place = await served(t)
  const script = 'cat; echo "[$1][$2][$3]"; echo bad >&2; exit 41'
  const words = execWords('sh', '-c', script, 'sh', '--profile', '', '--')
  assert.deepEqual(await verb(place, words, { stdin: 'typed\n' }), {
    code: 41,
    signal: null,
    out: 'typed\n[--profile][][--]\n',
    err: 'bad\n',
  })
})

test('exec says in one line that the command cannot be started, with the status of shells', async (t) => {
  const place = await served(t)
  const plain = join(place.home, 'plain')
  writeFileSync(plain, 'text')
  assert.match(failureOf(await verb(place, execWords('no-such-command')), 127), /"no-such-command": no such command/)
  assert.match(failureOf(await verb(place, execWords(plain)), 126), /plain": permission denied/)
  assert.match(failureOf(await verb(place, execWords('')), 127), /cannot run ""/)
})

for (const signal of [
  'SIGTERM',
  'SIGINT',
  'SIGKILL',
  'SIGPIPE',
  'SIGSEGV',
  'SIGABRT',
  'SIGHUP',
  'SIGQUIT',
  'SIGALRM',
] as const) {
  test(`exec dies of ${signal} when its command does`, async (t) => {
    const place = await served(t)
    const { code, signal: by } = await verb(place, execWords('sh', '-c', `ulimit -c 0; kill -${signal.slice(3)} $$`))
    assert.deepEqual([code, by], [null, signal])
  })
}

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGWINCH'] as const) {
  test(`exec hands ${signal} on, and ends as the command does`, async (t) => {
    const place = await served(t)
    const ready = join(place.home, 'ready')
    const script = `trap 'echo caught; exit 7' ${signal.slice(3)}; touch ${ready}; while :; do sleep 0.05; done`
    const { child, ended } = startIn(place, [place.binary, ...execWords('sh', '-c', script)])
    while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 10))
    child.kill(signal)
    assert.deepEqual(await ended, { code: 7, signal: null, out: 'caught\n', err: '' })
  })
}

test('exec leaves Ctrl-C to the command, and is not ended by it', async (t) => {
  if (!need(t, 'a pty', hasPty())) return
  const place = await served(t)
  const script = "trap 'echo once' INT; echo up; read line; echo again; read line; echo got $line; exit 5"
  const pty = openPty(t, [place.binary, ...execWords('bash', '-c', script)], { ...place.env })
  await pty.waitFor('up')
  pty.type('\x03')
  await pty.waitFor('once')
  pty.type('a\r')
  await pty.waitFor('again')
  pty.type('b\r')
  await pty.waitFor('got b')
  assert.equal(await pty.exited, 5)
  const plain = openPty(t, [place.binary, ...execWords('sh', '-c', 'echo up; exec sleep 60')], { ...place.env })
  await plain.waitFor('up')
  plain.type('\x03')
  assert.equal(await plain.exited, 130)
})

test('exec stops with its command at Ctrl-Z, and goes on with fg', async (t) => {
  if (!need(t, 'a pty', hasPty())) return
  const place = await served(t)
  const pty = openPty(t, ['bash', '--norc', '-i'], { ...place.env, PS1: 'prompt> ' })
  await pty.waitFor('prompt> ')
  const go = join(place.home, 'go')
  const script = `trap "echo back" CONT; echo up; until [ -e ${go} ]; do sleep 0.05; done; exit 6`
  pty.type(`${place.binary} ${execWords('sh', '-c', `'${script}'`).join(' ')}\r`)
  await pty.waitFor('\rup')
  pty.type('\x1a')
  await pty.waitFor('Stopped')
  await pty.waitFor('prompt> ')
  pty.type('fg\r')
  await pty.waitFor('\nback')
  writeFileSync(go, '')
  await pty.waitFor('prompt> ')
  pty.type('echo status $?; exit\r')
  await pty.waitFor('status 6')
  await pty.exited
})

test('exec stays in the process group, with no signal ignored, the core filter and the open-file limit of its start', async (t) => {
  if (!need(t, 'Linux', LINUX)) return
  const place = await served(t)
  const look =
    "grep -E '^(SigIgn|SigBlk)' /proc/self/status; cat /proc/self/coredump_filter; ulimit -Sn; ulimit -Hn; ps -o pgid= -p $$"
  for (const [limit, before] of [
    ['700', '0x33'],
    ['1024', '0x7f'],
  ] as const) {
    const own = `ulimit -Sn ${limit}; echo ${before} > /proc/self/coredump_filter; sh -c "$1"; "$2" exec --profile two -- sh -c "$1"; exit $?`
    const { code, out, err } = await runIn(place, ['bash', '-c', own, 'bash', look, place.binary])
    assert.deepEqual([code, err], [0, ''])
    const lines = out.trim().split('\n')
    assert.equal(lines.length, 12)
    assert.deepEqual(lines.slice(6), lines.slice(0, 6))
    assert.deepEqual(lines.slice(6, 10), [
      'SigBlk:\t0000000000000000',
      'SigIgn:\t0000000000000000',
      before.slice(2).padStart(8, '0'),
      limit,
    ])
  }
})

test('exec hands on what its shell has opened for the command', async (t) => {
  if (!need(t, 'Linux', LINUX)) return
  const place = await served(t)
  const own = `${place.binary} exec --profile two --`
  const count = async (before: string) => {
    const { out, err } = await runIn(place, [
      'bash',
      '-c',
      `${before} sh -c 'echo three >&3; ls /proc/self/fd' 3>"$HOME/three"`,
    ])
    assert.equal(readFileSync(join(place.home, 'three'), 'utf8'), 'three\n')
    assert.equal(err, '')
    return out
  }
  assert.equal(await count(own), await count(''), 'these and no others')
  for (const shell of ['bash', 'zsh']) {
    if (!need(t, shell, existsSync(`/usr/bin/${shell}`))) return
    const { out, err } = await runIn(place, [shell, '-c', `${own} cat <(echo one) <(echo two)`])
    assert.deepEqual([out, err], ['one\ntwo\n', ''], shell)
  }
})

test('exec --profile p -- aws … --profile p works, and aws without it too', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  if (!need(t, 'the AWS CLI', existsSync('/usr/bin/aws'))) return
  await withKeyring(async (keyring) => {
    const place = await readyPlace(await keychainPlace(t, keyring))
    const { arns } = place.world
    const role = `aws_cred_role_arn = ${arns.middle}\naws_cred_source_profile = user1\nregion = us-east-1\n`
    writeConfig(place, `[profile two]\ncredential_process = "${place.binary}" process --profile two\n${role}`)
    const aws = [
      '/usr/bin/aws',
      'sts',
      'get-caller-identity',
      '--query',
      'Arn',
      '--output',
      'text',
      '--endpoint-url',
      place.sts.url,
    ]
    const options = { env: { AWS_EC2_METADATA_DISABLED: 'true', AWS_PAGER: '' } }
    for (const more of [[], ['--profile', 'two']]) {
      const { code, out, err } = await verb(place, execWords(...aws, ...more), options)
      assert.deepEqual([code, err], [0, ''])
      assert.match(out, /:assumed-role\/Middle\//)
    }
    assert.equal(place.sts.count('AssumeRole'), 1)
  })
})

test('exec refuses to nest in itself unless it is forced', async (t) => {
  const place = await served(t)
  const inner = (flag: string) => execWords('sh', '-c', `"$0" exec ${flag} -- true; echo $?`, place.binary)
  const refused = await verb(place, inner(''))
  assert.equal(refused.out, '1\n')
  assert.match(refused.err, /"two" already\n/)
  // No vault key reaches a command, so the forced one gets further but not through.
  const forced = await verb(place, inner('--force'))
  assert.equal(forced.out, '3\n')
  assert.doesNotMatch(forced.err, /already/)
})

test('exec has no secret in any argument', async (t) => {
  if (!need(t, 'Linux', LINUX)) return
  const place = await served(t)
  const { SecretAccessKey: secret } = documentOf(await processOf(place, 'two'))
  const { out } = await verb(place, execWords('sh', '-c', 'cat /proc/$PPID/cmdline /proc/$$/cmdline | tr "\\0" " "'))
  assert.match(out, /exec --profile two/)
  assert.ok(!out.includes(secret))
})
