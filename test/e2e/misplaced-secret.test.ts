import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { VERBS } from '../../src/cli.ts'
import { type Ended, filesBelow, vaultPlace, verb } from '../support/e2e-place.ts'
import { SecretSweep } from '../support/secrets.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYMISPLACED1'
const SWEEP = new SecretSweep([{ about: 'the misplaced secret', text: SECRET }])

/** What a profile may say, each said with the secret. */
const LINES = [
  ...['role_arn', 'source_profile', 'credential_source', 'role_session_name', 'external_id', 'mfa_serial'],
  ...['duration_seconds', 'tags', 'source_identity', 'policy_arns', 'region', 'endpoint_url', 'services'],
  ...['web_identity_token_file', 'sso_session', 'sso_account_id', 'sso_role_name', 'sso_start_url', 'sso_region'],
  ...['login_session', 'credential_process', 'use_fips_endpoint', 'sts_regional_endpoints', 'ca_bundle'],
  ...['mfa_prompt', 'mfa_process', 'mfa_timeout', 'mfa_duration', 'mfa_direct', 'session', 'account_id'],
].flatMap((key) => [key, `aws_cred_${key}`])

test('a secret in any line of a profile is repeated nowhere', { timeout: 240_000 }, async (t) => {
  const place = await vaultPlace(t)
  const config = LINES.map((key, i) => {
    const role = /role_arn|^sso|^login|process$/.test(key) ? '' : 'role_arn = arn:aws:iam::123456789012:role/R\n'
    const source = /source|token|^sso|^login|process$/.test(key) ? '' : 'source_profile = alice\n'
    return `[profile p${i}]\n${role}${source}${key} = ${SECRET}\n`
  })
  mkdirSync(join(place.home, '.aws'))
  writeFileSync(join(place.home, '.aws/config'), `${config.join('')}[services ${SECRET}]\nsts =\n`)
  for (const [i, key] of LINES.entries()) await checked(`process, ${key}`, ['process', '--profile', `p${i}`])
  for (const words of [['list'], ['status'], ['doctor', 'p0', '--offline'], ['doctor', 'p3', '--offline', '--json']]) {
    await checked(words.join(' '), words)
  }

  async function checked(about: string, words: readonly string[]): Promise<void> {
    noLeak(about, await verb(place, words, { env: { AWS_EC2_METADATA_DISABLED: 'true' } }))
    noLeakBelow(join(place.home, '.local'))
  }
})

test('a secret in the place of a name or of any flag’s value is repeated nowhere', { timeout: 240_000 }, async (t) => {
  const place = await vaultPlace(t)
  let refused = 0
  const check = async (...words: readonly string[]): Promise<void> => {
    const ended = await verb(place, words)
    noLeak(words.map((word) => word.replace(SECRET, '(it)')).join(' '), ended)
    if (ended.code === 2) refused++
  }
  await check(SECRET)
  await check('help', SECRET)
  await check(`--${SECRET}`)
  for (const [name, load] of Object.entries(VERBS)) {
    const { options } = (await load()).verb
    // An external id may look so: it is no secret to AWS, and `setup` shows what it writes.
    const flags = Object.keys(options).filter((flag) => options[flag]?.type === 'string' && flag !== 'external-id')
    for (const flag of flags) {
      await check(name, `--${flag}`, SECRET)
      await check(name, 'x', `--${flag}=${SECRET}`)
    }
    await check(name, SECRET)
    await check(name, 'x', SECRET)
    await check(name, `--${SECRET}`)
  }
  assert.ok(refused > 50)
  noLeakBelow(join(place.home, '.local'))
})

function noLeak(about: string, { out, err }: Ended): void {
  assert.deepEqual(SWEEP.leaksIn(out + err), [], about)
}

function noLeakBelow(folder: string): void {
  for (const file of filesBelow(folder)) assert.deepEqual(SWEEP.leaksIn(readFileSync(file)), [], file)
}
