import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import {
  dialect,
  findShell,
  openShell,
  powershellHost,
  type ShellName,
  type ShellSession,
} from '../support/shell-session.ts'

/** 2026-07-24T12:00:00Z, in New York 08:00 of a summer day. */
const noon = Date.UTC(2026, 6, 24, 12) / 1000
const half = 9 * 60 + 30

const keys = { AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01', AWS_SECRET_ACCESS_KEY: 'wJalrSECRETVALUE' }
const session = { ...keys, AWS_SESSION_TOKEN: 'IQoJTOKENVALUE', AWS_CRED_PROFILE: 'prod' }
/** Nothing says of which profile. */
const pasted = { ...keys, AWS_SESSION_TOKEN: 'IQoJTOKENVALUE' }
const longLived = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE01', AWS_SECRET_ACCESS_KEY: 'wJalrSECRETVALUE' }
const iso = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000', '')
const until = (text: string) => ({ ...session, AWS_CREDENTIAL_EXPIRATION: text })

const names = [
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN', 'AWS_PROFILE'],
  ...['AWS_DEFAULT_PROFILE', 'AWS_CREDENTIAL_EXPIRATION', 'AWS_SESSION_EXPIRATION', 'AWSUME_EXPIRATION'],
  ...['AWS_SSO_SESSION_EXPIRATION', 'AWS_CRED_PROFILE', 'AWS_CRED_WARN_MINUTES', 'AWS_CRED_HOOK'],
]

interface Case {
  name: string
  vars: Record<string, string>
  /** State and minutes left, as in `ok,59`. */
  state: string
  /** What the line says up to the cure, null for silence; the cure by its kind. */
  says?: string
  cure?: 'renew' | 'clear' | string
  now?: number
}

const soon = { state: 'soon,9', says: "this shell's credentials of prod expire in 9 min", cure: 'renew' }
const unread = { state: 'unknown,', says: 'AWS_CREDENTIAL_EXPIRATION of this shell is not a time', cure: 'renew' }
const noTime = "this shell's credentials of prod have a token but no known expiration"
const shadow = 'is shadowed by AWS_ACCESS_KEY_ID (AWS CLI, boto3, Go), wins in JS'
const twoTokens = 'AWS_SECURITY_TOKEN differs from AWS_SESSION_TOKEN (AWS CLI, boto3 take it first)'
const hour = iso(noon + 3570)

const cases: Case[] = [
  { name: 'no variables', vars: {}, state: 'none,' },
  { name: 'keys valid', vars: until(hour), state: 'ok,59' },
  { name: 'long-lived keys', vars: longLived, state: 'ok,' },
  { name: 'expires inside the window', vars: until(iso(noon + half)), ...soon },
  {
    name: 'expires in seconds',
    vars: until(iso(noon + 40)),
    ...soon,
    state: 'soon,0',
    says: soon.says.replace('9 min', '40 s'),
  },
  {
    name: 'past',
    vars: until(iso(noon - 750)),
    state: 'expired,0',
    says: "this shell's credentials of prod expired 12 min ago",
    cure: 'renew',
  },
  {
    name: 'past by hours',
    vars: until(iso(noon - 75000)),
    state: 'expired,0',
    says: "this shell's credentials of prod expired 20 h ago",
    cure: 'renew',
  },
  {
    name: 'exactly now',
    vars: until(iso(noon)),
    state: 'expired,0',
    says: "this shell's credentials of prod expired 0 s ago",
    cure: 'renew',
  },
  { name: 'token without expiration', vars: session, state: 'unknown,', says: noTime, cure: 'renew' },
  {
    name: 'key without secret',
    vars: { AWS_ACCESS_KEY_ID: 'ASIAX' },
    state: 'broken,',
    says: 'AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID',
    cure: 'clear',
  },
  {
    name: 'secret without key',
    vars: { AWS_SECRET_ACCESS_KEY: 's' },
    state: 'broken,',
    says: 'AWS_ACCESS_KEY_ID is missing beside AWS_SECRET_ACCESS_KEY',
    cure: 'clear',
  },
  {
    name: 'token alone',
    vars: { AWS_SESSION_TOKEN: 't' },
    state: 'broken,',
    says: 'AWS_ACCESS_KEY_ID is missing beside AWS_SESSION_TOKEN',
    cure: 'clear',
  },
  {
    name: 'ASIA key without token',
    vars: keys,
    state: 'broken,',
    says: 'AWS_SESSION_TOKEN is missing beside a temporary AWS_ACCESS_KEY_ID (ASIA)',
    cure: 'clear',
  },
  {
    name: 'AKIA key with token',
    vars: { ...longLived, AWS_SESSION_TOKEN: 't' },
    state: 'broken,',
    says: 'AWS_SESSION_TOKEN beside a long-lived AWS_ACCESS_KEY_ID (AKIA)',
    cure: 'AWS_SESSION_TOKEN',
  },
  {
    name: 'AKIA key with both tokens',
    vars: { ...longLived, AWS_SESSION_TOKEN: 't', AWS_SECURITY_TOKEN: 't' },
    state: 'broken,',
    says: 'AWS_SESSION_TOKEN and AWS_SECURITY_TOKEN beside a long-lived AWS_ACCESS_KEY_ID (AKIA)',
    cure: 'AWS_SESSION_TOKEN AWS_SECURITY_TOKEN',
  },
  {
    name: 'AKIA key with expiration',
    vars: { ...longLived, AWS_CREDENTIAL_EXPIRATION: iso(noon + 3600) },
    state: 'broken,',
    says: 'AWS_CREDENTIAL_EXPIRATION is left over from older keys',
    cure: 'AWS_CREDENTIAL_EXPIRATION',
  },
  {
    name: 'AWS_SECURITY_TOKEN only',
    vars: { ...keys, AWS_SECURITY_TOKEN: 't', AWS_CREDENTIAL_EXPIRATION: hour },
    state: 'ok,59',
  },
  {
    name: 'both tokens equal',
    vars: { ...until(hour), AWS_SECURITY_TOKEN: session.AWS_SESSION_TOKEN },
    state: 'ok,59',
  },
  {
    name: 'both tokens different',
    vars: { ...until(hour), AWS_SECURITY_TOKEN: 'IQoJTOKENVALUF' },
    state: 'broken,',
    says: twoTokens,
    cure: 'AWS_SECURITY_TOKEN',
  },
  {
    name: 'both tokens of different length',
    vars: { ...until(hour), AWS_SECURITY_TOKEN: 'old' },
    state: 'broken,',
    says: twoTokens,
    cure: 'AWS_SECURITY_TOKEN',
  },
  {
    name: 'AWS_PROFILE and keys',
    vars: { ...until(hour), AWS_PROFILE: 'prod' },
    state: 'ok,59',
    says: `AWS_PROFILE=prod ${shadow}`,
    cure: 'clear',
  },
  {
    name: 'AWS_PROFILE with a hostile name and keys',
    vars: { ...until(hour), AWS_PROFILE: 'a\x1b[31m$(touch x)' },
    state: 'ok,59',
    says: `AWS_PROFILE ${shadow}`,
    cure: 'clear',
  },
  {
    name: 'AWS_PROFILE and expired keys',
    vars: { ...until(iso(noon - 750)), AWS_PROFILE: 'prod' },
    state: 'expired,0',
    says: "this shell's credentials of prod expired 12 min ago",
    cure: 'renew',
  },
  {
    name: 'AWS_DEFAULT_PROFILE that differs',
    vars: { AWS_PROFILE: 'a', AWS_DEFAULT_PROFILE: 'b' },
    state: 'none,',
    says: 'AWS_DEFAULT_PROFILE differs from AWS_PROFILE (boto3, AWS CLI v1 take it first)',
    cure: 'AWS_DEFAULT_PROFILE',
  },
  { name: 'AWS_DEFAULT_PROFILE that is equal', vars: { AWS_PROFILE: 'a', AWS_DEFAULT_PROFILE: 'a' }, state: 'none,' },
  { name: 'all set but empty', vars: Object.fromEntries(names.map((n) => [n, ''])), state: 'none,' },
  { name: 'time with Z', vars: until(iso(noon + half)), ...soon },
  { name: 'time with +00:00', vars: until('2026-07-24T12:09:30+00:00'), ...soon },
  { name: 'time with +05:30', vars: until('2026-07-24T17:39:30+05:30'), ...soon },
  { name: 'time with -05:00', vars: until('2026-07-24T07:09:30-05:00'), ...soon },
  { name: 'time with -0500', vars: until('2026-07-24T07:09:30-0500'), ...soon },
  { name: 'time with .123Z', vars: until('2026-07-24T12:09:30.123Z'), ...soon },
  { name: 'time without zone, in DST', vars: until('2026-07-24 08:09:30'), ...soon },
  { name: 'time without zone, outside DST', vars: until('2026-01-24T07:09:30'), ...soon, now: noon - 181 * 86400 },
  { name: 'epoch digits', vars: until(String(noon + half)), ...soon },
  { name: 'garbage', vars: until('tomorrow'), ...unread },
  { name: 'digits glued to the seconds', vars: until('2026-07-24T12:09:301Z'), ...unread },
  { name: 'no such day', vars: until('2026-02-29T12:00:00Z'), ...unread },
  { name: '10 kB string', vars: until(`2026-07-24T12:09:30Z${'0'.repeat(10_000)}`), ...unread },
  { name: 'a[$(…)]', vars: until('a[$(touch $HOME/pwned)]'), ...unread },
  { name: 'control characters', vars: until('2026-07-24T12:09:30Z\x1b[31m\x07'), ...unread },
  { name: 'a second line', vars: until('2026-07-24T12:09:30Z\n'), ...unread },
  {
    name: 'month and day 08 and 09',
    vars: until('2026-09-08T08:09:08Z'),
    ...soon,
    now: Date.UTC(2026, 8, 8, 7, 59, 38) / 1000,
  },
  {
    name: 'day 09 of month 08',
    vars: until('2026-08-09T09:08:09Z'),
    ...soon,
    now: Date.UTC(2026, 7, 9, 8, 58, 39) / 1000,
  },
  { name: 'February 29', vars: until('2028-02-29T00:04:30Z'), ...soon, now: Date.UTC(2028, 1, 28, 23, 55) / 1000 },
  {
    name: 'March 1 of a leap year',
    vars: until('2028-03-01T00:04:30Z'),
    ...soon,
    now: Date.UTC(2028, 1, 29, 23, 55) / 1000,
  },
  { name: 'year end', vars: until('2027-01-01T00:04:30Z'), ...soon, now: Date.UTC(2026, 11, 31, 23, 55) / 1000 },
  {
    name: 'AWS_SESSION_EXPIRATION',
    vars: { ...session, AWS_SESSION_EXPIRATION: '2026-07-24T08:09:30-04:00' },
    ...soon,
  },
  { name: 'AWSUME_EXPIRATION', vars: { ...session, AWSUME_EXPIRATION: '2026-07-24T08:09:30' }, ...soon },
  {
    name: 'AWSUME_EXPIRATION None',
    vars: { ...session, AWSUME_EXPIRATION: 'None' },
    state: 'unknown,',
    says: noTime,
    cure: 'renew',
  },
  { name: 'AWS_SSO_SESSION_EXPIRATION', vars: { ...session, AWS_SSO_SESSION_EXPIRATION: iso(noon + half) }, ...soon },
  {
    name: 'a foreign expiration beside AWS_CREDENTIAL_EXPIRATION',
    vars: { ...until(hour), AWS_SESSION_EXPIRATION: iso(noon - 9) },
    state: 'ok,59',
  },
  {
    name: 'AWS_SESSION_EXPIRATION before AWSUME_EXPIRATION',
    vars: { ...session, AWS_SESSION_EXPIRATION: hour, AWSUME_EXPIRATION: '2020-01-01T00:00:00' },
    state: 'ok,59',
  },
  {
    name: 'AWSUME_EXPIRATION before AWS_SSO_SESSION_EXPIRATION',
    vars: { ...session, AWSUME_EXPIRATION: hour, AWS_SSO_SESSION_EXPIRATION: iso(noon - 9) },
    state: 'ok,59',
  },
  {
    name: 'a profile name of 65 characters',
    vars: { ...until(iso(noon + half)), AWS_CRED_PROFILE: 'a'.repeat(65) },
    state: 'soon,9',
    says: "this shell's credentials expire in 9 min",
    cure: 'renew-any',
  },
  {
    name: 'a profile name with shell syntax',
    vars: { ...until(iso(noon + half)), AWS_CRED_PROFILE: '$(touch $HOME/pwned)' },
    state: 'soon,9',
    says: "this shell's credentials expire in 9 min",
    cure: 'renew-any',
  },
  {
    name: 'a pasted session that has expired',
    vars: { ...pasted, AWS_CREDENTIAL_EXPIRATION: iso(noon - 750) },
    state: 'expired,0',
    says: "this shell's credentials expired 12 min ago",
    cure: 'clear',
  },
  {
    name: 'a pasted session that expires',
    vars: { ...pasted, AWS_CREDENTIAL_EXPIRATION: iso(noon + half) },
    state: 'soon,9',
    says: "this shell's credentials expire in 9 min",
    cure: 'see',
  },
  {
    name: 'a pasted session without an expiration',
    vars: pasted,
    state: 'unknown,',
    says: noTime.replace(' of prod', ''),
    cure: 'see',
  },
  {
    name: 'AWS_CRED_WARN_MINUTES=70',
    vars: { ...until(hour), AWS_CRED_WARN_MINUTES: '70' },
    state: 'soon,59',
    says: "this shell's credentials of prod expire in 59 min",
    cure: 'renew',
  },
  {
    name: 'AWS_CRED_WARN_MINUTES that is no number',
    vars: { ...until(iso(noon + half)), AWS_CRED_WARN_MINUTES: 'a[$(touch $HOME/pwned)]' },
    ...soon,
  },
  { name: 'AWS_CRED_WARN_MINUTES=0', vars: { ...until(iso(noon + half)), AWS_CRED_WARN_MINUTES: '0' }, state: 'ok,9' },
  { name: 'AWS_CRED_HOOK=off', vars: { ...until(iso(noon - 9)), AWS_CRED_HOOK: 'off' }, state: 'none,' },
]

function cureOf(shell: ShellName, kind: string): string {
  const posix = shell === 'bash' || shell === 'zsh'
  const end = shell === 'fish' ? ' --format fish | source' : ' --format powershell | Out-String | Invoke-Expression'
  const program = (text: string) =>
    posix ? `eval "$(aws-cred export ${text})"`.replace(' )', ')') : `aws-cred export ${text}${end}`.replace('  ', ' ')
  if (kind === 'renew') return `renew: ${program('--profile prod')}`
  if (kind === 'renew-any') return `renew: ${program('')}`
  if (kind === 'see') return 'see: aws-cred doctor'
  if (kind === 'clear') return `clear: ${program('--unset')}`
  if (shell === 'powershell')
    return `clear: ${kind
      .split(' ')
      .map((name) => `$env:${name} = `)
      .join('')}$null`
  return `clear: ${posix ? 'unset' : 'set -e'} ${kind}`
}

async function stateOf(shell: ShellSession, name: ShellName): Promise<string> {
  const { text, hooks } = await shell.run(dialect[name].state)
  assert.deepEqual(hooks, [], 'said twice')
  return /=([a-z]+,\d*)=/.exec(text)?.[1] ?? text
}

for (const name of ['bash', 'zsh', 'fish', 'powershell'] as const) {
  test(`hook of ${name} in each state`, { timeout: 120_000 }, async (t) => {
    if (!need(t, `${name} and a pty`, hasPty() && findShell(name) !== null)) return
    const say = dialect[name]
    const env: Record<string, string> = {}
    for (const [index, { vars }] of cases.entries())
      for (const [key, value] of Object.entries(vars)) env[`C${index}_${key}`] = value
    const reset = 'unset_all'
    const define = say.define(reset, names.map(say.unset).join('; '))
    const program = (name === 'powershell' ? powershellHost() : null) ?? findShell(name) ?? name
    const shell = await openShell(t, name, { program, env, after: `${say.now(noon)}\n${say.clock}\n${define}` })
    for (const [index, { name: title, vars, state, says, cure, now }] of cases.entries()) {
      await t.test(`${name}: ${title}`, async () => {
        await shell.run(`${reset}; ${say.now(now ?? noon)}`)
        const { hooks, text } = await shell.run(
          Object.keys(vars)
            .map((key) => say.set(key, `C${index}_${key}`))
            .join('; '),
        )
        const line = says === undefined ? [] : [`aws-cred: ${says}; ${cureOf(name, cure ?? '')}`]
        assert.deepEqual(hooks, line, text)
        assert.equal(await stateOf(shell, name), state)
      })
    }
    assert.equal(existsSync(join(shell.home, 'pwned')), false)

    await t.test(`${name}: ok, soon, expired and renewed in one session`, async () => {
      await shell.run(`${reset}; ${say.now(noon)}`)
      const at = (seconds: number) => shell.run(say.now(seconds))
      const set = cases.findIndex((one) => one.name === 'keys valid')
      const first = await shell.run(
        Object.keys(session)
          .concat('AWS_CREDENTIAL_EXPIRATION')
          .map((key) => say.set(key, `C${set}_${key}`))
          .join('; '),
      )
      const end = noon + 3570
      const said = [first.hooks, (await at(end - 601)).hooks, (await at(end - 600)).hooks, (await at(end - 540)).hooks]
      said.push((await at(end - 1)).hooks, (await at(end)).hooks, (await at(end + 300)).hooks)
      assert.deepEqual(
        said.map((lines) => lines.join().replace(/;.*/, '')),
        [
          '',
          '',
          "aws-cred: this shell's credentials of prod expire in 10 min",
          '',
          '',
          "aws-cred: this shell's credentials of prod expired 0 s ago",
          '',
        ],
      )
      const renewed = await shell.run(
        `${say.now(noon - 3600)}; ${say.set('AWS_CREDENTIAL_EXPIRATION', `C${cases.findIndex((one) => one.name === 'past')}_AWS_CREDENTIAL_EXPIRATION`)}`,
      )
      assert.deepEqual(renewed.hooks, ["aws-cred: this shell's credentials of prod are renewed, 47 min left"])
      assert.equal(await stateOf(shell, name), 'ok,47')
    })

    await t.test(`${name}: expiration left behind with new keys`, async () => {
      await shell.run(`${reset}; ${say.now(noon)}`)
      const set = cases.findIndex((one) => one.name === 'keys valid')
      await shell.run(
        Object.keys(session)
          .concat('AWS_CREDENTIAL_EXPIRATION')
          .map((key) => say.set(key, `C${set}_${key}`))
          .join('; '),
      )
      const other = cases.findIndex((one) => one.name === 'key without secret')
      const { hooks } = await shell.run(say.set('AWS_ACCESS_KEY_ID', `C${other}_AWS_ACCESS_KEY_ID`))
      assert.deepEqual(hooks, [
        `aws-cred: AWS_CREDENTIAL_EXPIRATION is left over from older keys; ${cureOf(name, 'AWS_CREDENTIAL_EXPIRATION')}`,
      ])
    })

    await t.test(`${name}: set but not exported`, async () => {
      await shell.run(reset)
      const { hooks } = await shell.run(
        Object.entries(keys)
          .map(([key, value]) => say.local(key, value))
          .join('; '),
      )
      assert.deepEqual(hooks, [])
      assert.equal(await stateOf(shell, name), 'none,')
    })

    await t.test(`${name}: a conflict is told once, not again after a renewal`, async () => {
      await shell.run(`${reset}; ${say.now(noon)}`)
      const set = cases.findIndex((one) => one.name === 'AWS_PROFILE and keys')
      const lines = Object.keys(cases[set]?.vars ?? {})
        .map((key) => say.set(key, `C${set}_${key}`))
        .join('; ')
      assert.match((await shell.run(lines)).hooks.join(), /^aws-cred: AWS_PROFILE=prod is shadowed/)
      assert.match((await shell.run(say.now(noon + 3000))).hooks.join(), /expire in 9 min/)
      assert.match(
        (
          await shell.run(
            say
              .set('AWS_CREDENTIAL_EXPIRATION', `C${cases.length}_X`)
              .replace(/= .*|"\$.*/, (m) => (m.startsWith('=') ? `= '${iso(noon + 7200)}'` : `'${iso(noon + 7200)}'`)),
          )
        ).hooks.join(),
        /are renewed, 70 min left/,
      )
      assert.deepEqual((await shell.run(say.now(noon + 3001))).hooks, [])
    })

    await t.test(`${name}: status on demand`, async () => {
      await shell.run(`${reset}; ${say.now(noon)}`)
      assert.match((await shell.run(say.status)).text, new RegExp(`none\\nhook registered, ${name}:\\d+`))
      const indexOf = (title: string) => cases.findIndex((one) => one.name === title)
      const [equal, other] = [indexOf('both tokens equal'), indexOf('both tokens different')]
      const lines = Object.keys(cases[equal]?.vars ?? {}).map((key) => say.set(key, `C${equal}_${key}`))
      assert.deepEqual((await shell.run(lines.join('; '))).hooks, [])
      // Of one length, so that a prompt need not see the change: asked for it is judged afresh.
      const differ = say.set('AWS_SECURITY_TOKEN', `C${other}_AWS_SECURITY_TOKEN`)
      assert.match((await shell.run(`${differ}; ${say.status}`)).text, /broken: AWS_SECURITY_TOKEN differs/)
    })
  })
}
