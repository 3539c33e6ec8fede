import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  documentOf,
  type E2ePlace,
  failureOf,
  keychainPlace,
  processOf,
  readyPlace,
  type Started,
  startIn,
  vaultPlace,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'
import { hasPty, openPty } from '../support/pty.ts'

const LINUX = process.platform === 'linux'
const CURL = existsSync('/usr/bin/curl')
const FETCH = 'curl -sS -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$AWS_CONTAINER_CREDENTIALS_FULL_URI"'
const SETTINGS = `region = eu-west-1
s3 =
  max_concurrent_requests = 20
`

function serveWords(...command: readonly string[]): string[] {
  return ['serve', '--profile', 'two', '--', ...command]
}

/** A `[default]` with credentials of its own beside the profile that is served, whose session is stored. */
async function served(t: TestContext): Promise<E2ePlace> {
  const place = await readyPlace(await vaultPlace(t))
  const { arns } = place.world
  const role = `aws_cred_role_arn = ${arns.middle}\naws_cred_source_profile = user1\n`
  const own = `[default]\naws_access_key_id = AKIAEXAMPLEEXAMPLE01\naws_secret_access_key = ${'s'.repeat(40)}\n`
  writeConfig(
    place,
    `${own}[profile two]\ncredential_process = /bin/false\n${SETTINGS}${role}`.replace(
      '/bin/false',
      `"${place.binary}" process --profile two`,
    ),
  )
  documentOf(await processOf(place, 'two'))
  place.sts.reset()
  return place
}

function variablesOf(lines: string): Record<string, string> {
  return Object.fromEntries(
    lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(/=(.*)/s)),
  )
}

/** The variables that `serve` without a command prints, once they are there. */
async function printed({ child }: Started): Promise<Record<string, string>> {
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += chunk
  })
  while (!text.endsWith('}\n')) await wait(10)
  return JSON.parse(text)
}

async function fetched(variables: Record<string, string>): Promise<Response> {
  return fetch(variables.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? '', {
    headers: { Authorization: variables.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? '' },
  })
}

function isListening(uri: string | undefined): Promise<boolean> {
  const socket = connect(Number(new URL(uri ?? '').port), '127.0.0.1')
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}

test('serve gives the command the endpoint, the settings of the profile, and no other way to credentials', async (t) => {
  const place = await served(t)
  const env = {
    AWS_PROFILE: 'default',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/t',
    AWS_ROLE_ARN: 'x',
    AWS_CRED_PASSPHRASE: 'secret',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE02',
    AWS_SECRET_ACCESS_KEY: 'other',
  }
  const look = 'stat -c "%a %n" "$(dirname "$AWS_CONFIG_FILE")" "$AWS_CONFIG_FILE" "$AWS_SHARED_CREDENTIALS_FILE"'
  const script = `env; echo; ${look}; echo; cat "$AWS_CONFIG_FILE" "$AWS_SHARED_CREDENTIALS_FILE"`
  const { code, out, err } = await verb(place, serveWords('sh', '-c', script), { env })
  assert.deepEqual([code, err], [0, ''])
  const [variables = '', modes = '', ...config] = out.split('\n\n')
  const { AWS_CRED_VAULT_KEY_FILE, ...kept } = place.env
  assert.ok(AWS_CRED_VAULT_KEY_FILE)
  const {
    PWD,
    AWS_CONFIG_FILE: file = '',
    AWS_SHARED_CREDENTIALS_FILE: credentials = '',
    ...got
  } = variablesOf(variables)
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: token, ...rest } = got
  assert.match(uri ?? '', /^http:\/\/127\.0\.0\.1:\d{4,5}\/credentials$/)
  assert.match(token ?? '', /^[\w-]{43}$/)
  const region = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' }
  assert.deepEqual(rest, { ...kept, ...region, AWS_CRED_PROFILE: 'two' })
  const folder = file.slice(0, file.lastIndexOf('/'))
  assert.deepEqual(modes.split('\n'), [`700 ${folder}`, `600 ${file}`, `600 ${credentials}`])
  assert.equal(config.join('\n\n'), `[default]\n${SETTINGS}\n[profile two]\n${SETTINGS}`)
  if (LINUX) assert.match(folder, /^\/dev\/shm\/aws-cred-\d+\/serve-\w+$/)
  assert.equal(existsSync(folder), false, 'it is gone with the command')
  assert.equal(await isListening(uri), false)
  assert.deepEqual(place.sts.counts(), {})
})

test('serve puts the config into XDG_RUNTIME_DIR where that is memory', async (t) => {
  if (!need(t, 'Linux', LINUX)) return
  const place = await served(t)
  const print = serveWords('sh', '-c', 'echo $AWS_CONFIG_FILE')
  const memory = `/dev/shm/aws-cred-e2e-${process.pid}`
  spawnSync('mkdir', ['-m', '700', memory])
  t.after(() => rmSync(memory, { recursive: true, force: true }))
  const inRuntime = await verb(place, print, { env: { XDG_RUNTIME_DIR: memory } })
  assert.match(inRuntime.out, new RegExp(`^${memory}/aws-cred/serve-\\w+/config\n$`))
})

test("serve passes on stdin, stdout, stderr, arguments and the command's status", async (t) => {
  const place = await served(t)
  const script = 'cat; echo "[$1][$2][$3]"; echo bad >&2; exit 41'
  const words = serveWords('sh', '-c', script, 'sh', '--profile', '', '--')
  assert.deepEqual(await verb(place, words, { stdin: 'typed\n' }), {
    code: 41,
    signal: null,
    out: 'typed\n[--profile][][--]\n',
    err: 'bad\n',
  })
  assert.match(failureOf(await verb(place, serveWords('no-such-command')), 127), /"no-such-command": no such command/)
})

for (const signal of ['SIGKILL', 'SIGSEGV', 'SIGINT'] as const) {
  test(`serve dies of ${signal} when its command does, and leaves nothing behind`, async (t) => {
    const place = await served(t)
    const script = `ulimit -c 0; dirname "$AWS_CONFIG_FILE"; kill -${signal.slice(3)} $$`
    const { code, signal: by, out } = await verb(place, serveWords('sh', '-c', script))
    assert.deepEqual([code, by], [null, signal])
    assert.equal(existsSync(out.trim()), false)
  })
}

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  test(`serve hands ${signal} on, ends as the command does, and leaves nothing behind`, async (t) => {
    if (!need(t, 'curl', CURL)) return
    const place = await served(t)
    const trap = `trap 'echo caught; ${FETCH} | head -c 15; exit 7' ${signal.slice(3)}`
    const script = `${trap}; dirname "$AWS_CONFIG_FILE" > folder; touch ready; while :; do sleep 0.05; done`
    const { child, ended } = startIn(place, [place.binary, ...serveWords('sh', '-c', script)])
    while (!existsSync(join(place.home, 'ready'))) await wait(10)
    child.kill(signal)
    assert.deepEqual(await ended, { code: 7, signal: null, out: 'caught\n{"AccessKeyId":', err: '' })
    assert.equal(existsSync(readFileSync(join(place.home, 'folder'), 'utf8').trim()), false)
  })
}

test('serve leaves Ctrl-C to the command, is not ended by it, and leaves nothing behind', async (t) => {
  if (!need(t, 'a pty', hasPty())) return
  if (!need(t, 'curl', CURL)) return
  const place = await served(t)
  const script = `trap 'echo once' INT; echo at $(dirname $AWS_CONFIG_FILE); read line; ${FETCH} | head -c 15; echo; exit 5`
  const pty = openPty(t, [place.binary, ...serveWords('bash', '-c', script)], { ...place.env })
  await pty.waitFor('\n')
  const folder = /at (\S+)/.exec(pty.output())?.[1] ?? ''
  assert.ok(existsSync(folder))
  pty.type('\x03')
  await pty.waitFor('once')
  pty.type('a\r')
  await pty.waitFor('{"AccessKeyId":')
  assert.equal(await pty.exited, 5)
  assert.equal(existsSync(folder), false)
})

test('serve ends with its command, also when that has left a daemon behind: the port is free and the token good for nothing', async (t) => {
  if (!need(t, 'Linux', LINUX)) return
  if (!need(t, 'curl', CURL)) return
  const place = await served(t)
  const daemon = `echo $$ > pid; until [ -e go ]; do sleep 0.05; done; ls -l /proc/$$/fd > fds; ${FETCH} > got 2> failed; touch done`
  const script = `setsid sh -c '${daemon}' >/dev/null 2>&1 </dev/null & while [ ! -s pid ]; do sleep 0.02; done; env`
  const { code, out } = await verb(place, serveWords('sh', '-c', script))
  assert.equal(code, 0)
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONFIG_FILE: file = '' } = variablesOf(out)
  const at = (name: string) => join(place.home, name)
  t.after(() => existsSync(at('pid')) && spawnSync('kill', ['-9', readFileSync(at('pid'), 'utf8').trim()]))
  assert.equal(await isListening(uri), false)
  assert.equal(existsSync(file), false)
  writeFileSync(at('go'), '')
  while (!existsSync(at('done'))) await wait(10)
  assert.match(readFileSync(at('failed'), 'utf8'), /Failed to connect|Couldn't connect/)
  assert.equal(readFileSync(at('got'), 'utf8'), '')
  assert.doesNotMatch(readFileSync(at('fds'), 'utf8'), /socket:/)
})

for (const verbName of ['serve', 'exec']) {
  test(`${verbName} gives its command no descriptor of its own: no socket, no connection to the keychain`, async (t) => {
    if (!need(t, 'gnome-keyring', keyringInstalled())) return
    await withKeyring(async (keyring) => {
      const place = await readyPlace(await keychainPlace(t, keyring))
      const list = 'ls -l /proc/self/fd | sed -n "s/.* \\([0-9]*\\) -> \\(.*\\)/\\1 \\2/p" | grep -v "^[012] \\|/proc/"'
      const plain = await startIn(place, ['sh', '-c', list]).ended
      const { out } = await verb(place, [verbName, '--profile', 'two', '--', 'sh', '-c', list])
      assert.equal(out, plain.out)
    })
  })
}

test('serve has no secret in its arguments or environment, and gives none to ps', async (t) => {
  if (!need(t, 'Linux', LINUX)) return
  if (!need(t, 'curl', CURL)) return
  const place = await served(t)
  const { SecretAccessKey: secret, SessionToken = '' } = documentOf(await processOf(place, 'two'))
  const script = `${FETCH} >/dev/null; cat /proc/$PPID/environ /proc/$PPID/cmdline /proc/$$/cmdline; ps axww -o args=; echo; echo "$AWS_CONTAINER_AUTHORIZATION_TOKEN"`
  const { out } = await verb(place, serveWords('sh', '-c', script))
  const lines = out.trimEnd().split('\n')
  const token = lines.pop() ?? ''
  assert.match(token, /^[\w-]{43}$/)
  assert.match(out, /serve\0--profile\0two/)
  for (const each of [token, secret, SessionToken]) assert.ok(!lines.join('\n').includes(each))
})

test('serve prints the variables, warns of what would win, and answers until it is ended; its log has no secret', async (t) => {
  const place = await served(t)
  const words = [place.binary, 'serve', '--profile', 'two', '--format', 'json']
  const started = startIn(place, words, { env: { NODE_DEBUG: 'http,net', AWS_WEB_IDENTITY_TOKEN_FILE: '/t' } })
  const variables = await printed(started)
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri = '', AWS_CONTAINER_AUTHORIZATION_TOKEN: token = '' } = variables
  assert.deepEqual(Object.keys(variables).length, 2)
  const good = await fetched(variables)
  assert.equal(good.status, 200)
  const document = documentOf(await processOf(place, 'two'))
  const { AccessKeyId, SecretAccessKey, SessionToken: Token, Expiration, AccountId } = document
  assert.deepEqual(await good.json(), { AccessKeyId, SecretAccessKey, Token, Expiration, AccountId })
  for (let i = 0; i < 3; i++) assert.equal((await fetch(uri, { headers: { Authorization: 'wrong' } })).status, 403)
  assert.equal((await fetch(`${uri}\u001b[2J`, { method: 'POST' })).status, 404)
  assert.deepEqual(place.sts.counts(), {})
  started.child.kill('SIGTERM')
  const { code, signal, out, err } = await started.ended
  assert.deepEqual([code, signal], [null, 'SIGTERM'])
  assert.equal(
    err,
    `aws-cred: warning: where the variables are set, AWS_WEB_IDENTITY_TOKEN_FILE and profile "default" (~/.aws/config:2) would win over the endpoint
aws-cred: hint: for a command alone: aws-cred serve --profile two -- CMD
serving two at ${uri} until Ctrl-C
aws-cred: warning: refused a request: wrong token
aws-cred: warning: refused a request: wrong path
`,
  )
  assert.equal(await isListening(uri), false)
  for (const secret of [SecretAccessKey, Token ?? '', place.world.alice.secret])
    assert.ok(!`${out}${err}`.includes(secret))
  assert.ok(!err.includes(token))
})

test('serve prints what a shell evaluates', async (t) => {
  if (!need(t, 'curl', CURL)) return
  const place = await served(t)
  for (const [shell, format] of [
    ['sh', 'env'],
    ['bash', 'env-no-export'],
    ['fish', 'fish'],
  ] as const) {
    if (!need(t, shell, existsSync(`/usr/bin/${shell}`))) return
    const started = startIn(place, [place.binary, 'serve', '--profile', 'two', '--format', format])
    let text = ''
    started.child.stdout?.on('data', (chunk) => {
      text += chunk
    })
    while (!text.includes('AUTHORIZATION_TOKEN')) await wait(10)
    const { out } = await startIn(place, [shell, '-c', `${text}\n${FETCH}`]).ended
    assert.match(JSON.parse(out).AccessKeyId, /^ASIA/)
    started.child.kill('SIGINT')
    assert.equal((await started.ended).signal, 'SIGINT')
  }
})

test('serve --port warns, and says that a port is taken', async (t) => {
  if (!need(t, 'curl', CURL)) return
  const place = await served(t)
  const port = 20_000 + (process.pid % 10_000)
  const fixed = ['serve', '--profile', 'two', '--port', String(port), '--']
  const inner = `${FETCH} | head -c 15; "$0" serve --force --profile two --port ${port} -- true; echo $?`
  const { out, err } = await verb(place, [
    ...fixed,
    'env',
    `AWS_CRED_VAULT_KEY_FILE=${place.env.AWS_CRED_VAULT_KEY_FILE}`,
    `AWS_CONFIG_FILE=${place.home}/.aws/config`,
    'sh',
    '-c',
    inner,
    place.binary,
  ])
  assert.equal(out, '{"AccessKeyId":1\n')
  assert.match(err, /^aws-cred: warning: after this ends any user can take a fixed port[^\n]*\n/)
  assert.match(err, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: another program has that port\n`))
})

test('serve starts nothing where the profile cannot be served, and says why', async (t) => {
  const place = await served(t)
  for (const role of place.world.roles) role.trust = []
  writeConfig(place, `[profile two]\naws_cred_role_arn = ${place.world.arns.nobody}\naws_cred_source_profile = user1\n`)
  assert.match(failureOf(await verb(place, serveWords('sh', '-c', 'echo ran')), 1), /Nobody for profile "two"/)
  const locked = await verb(place, serveWords('sh', '-c', 'echo ran'), { env: { AWS_CRED_VAULT_KEY_FILE: undefined } })
  assert.match(failureOf(locked, 3), /vault: it is locked/)
})

test('serve asks for a code before it starts its command, and in the name of that when the session has ended', async (t) => {
  if (!need(t, 'a pty', hasPty()) || !need(t, 'curl', CURL)) return
  const place = await served(t)
  const serial = place.world.alice.mfaSerial ?? ''
  const { arns } = place.world
  writeConfig(
    place,
    `[profile two]\naws_cred_role_arn = ${arns.needsMfa}\naws_cred_source_profile = user1\naws_cred_mfa_serial = ${serial}\n`,
  )
  place.sts.setMfaCodes(serial, ['111111', '222222'])
  place.sts.setIssueSeconds(3)
  // An SDK gives up and asks again, while the person types.
  const fetch = FETCH.replace('curl', 'curl --max-time 1 --retry 20 --retry-delay 1 --retry-all-errors')
  const script = `echo started; sleep 2.5; ${fetch} 2>/dev/null | head -c 15`
  const pty = openPty(t, [place.binary, ...serveWords('sh', '-c', script)], { ...place.env })
  await pty.waitFor('MFA code for alice (123456789012), for two: ')
  pty.type('111111\r')
  await pty.waitFor('started')
  await pty.waitFor('aws-cred: MFA code for alice (123456789012), asked by sh for two: ')
  await wait(1500)
  pty.type('222222\r')
  await pty.waitFor('{"AccessKeyId":')
  assert.equal(await pty.exited, 0)
  assert.equal(pty.output().split('MFA code').length, 3)
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 2, AssumeRole: 2 })
})
