import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { definedOf, type E2ePlace, vaultPlace, verb, writeConfig } from '../support/e2e-place.ts'
import { hasPty, openPty } from '../support/pty.ts'
import type { Sts } from '../support/sts.ts'

type Session = ReturnType<Sts['issue']>

const lines = ({ accessKeyId, secret, token }: Session) =>
  `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\naws_session_token = ${token}\n`

/** AWS's article: a role's session pasted into the config, expired, and an older one left in the shell. */
function articleCase(place: E2ePlace): { readonly env: Record<string, string>; readonly secrets: readonly string[] } {
  const [pasted, old] = [3, 21].map((hours) => place.sts.issue(place.world.arns.prod, 'alice', -hours * 3600))
  assert.ok(pasted && old)
  writeConfig(place, `[profile project1]\nregion = eu-west-1\n${lines(pasted)}`)
  const env = {
    AWS_PROFILE: 'project1',
    AWS_ACCESS_KEY_ID: old.accessKeyId,
    AWS_SECRET_ACCESS_KEY: old.secret,
    AWS_SESSION_TOKEN: old.token,
    AWS_CREDENTIAL_EXPIRATION: new Date(old.expiresAtMs).toISOString(),
    PATH: '/nowhere',
    LANG: 'C.UTF-8',
    SHELL: '/bin/bash',
  }
  return { env, secrets: [pasted.secret, pasted.token, old.secret, old.token] }
}

test("the built binary tells the article's case, with the cures, and shows no secret", async (t) => {
  const place = await vaultPlace(t)
  const { env, secrets } = articleCase(place)
  const { code, out, err } = await verb(place, ['doctor'], { env })
  assert.deepEqual([code, err], [1, ''])
  assert.match(out, /^profile project1 \(AWS_PROFILE\), this shell: bash\n\nwho wins: the tools do not agree\n/)
  assert.match(out, /✗ env-expired {11}AWS_SESSION_TOKEN of this shell expired 21 h/)
  assert.match(out, /✗ token-in-config .*~\/\.aws\/config:5; .*\n +aws-cred import project1 --drop-session\n/)
  assert.equal(out.match(/✗ identity .*\(ExpiredToken\)/g)?.length, 2)
  assert.match(out, /\n4 to mend, 1 to look at; --fix does 2 of them\n$/)
  const { out: json } = await verb(place, ['doctor', '--json'], { env })
  assert.equal((JSON.parse(json) as { version: number }).version, 1)
  for (const secret of secrets) assert.ok(!(out + json).includes(secret))
})

test('--fix at a terminal takes the session out, and what is left is the line to evaluate', async (t) => {
  if (!hasPty()) return t.skip('no pseudo-terminal')
  const place = await vaultPlace(t)
  const { env } = articleCase(place)
  const command = [place.binary, 'doctor', '--fix', '--quiet']
  const terminal = openPty(t, command, definedOf({ ...place.env, ...env, PATH: '/usr/bin:/bin' }))
  await terminal.waitFor('do it? [y/N]')
  terminal.type('y\r')
  assert.equal(await terminal.exited, 1)
  const shown = terminal.output().replaceAll('\r', '')
  assert.match(shown, /took the session of "project1" out of ~\/\.aws\/config/)
  assert.match(shown, /only this shell can do the rest:\n {2}eval "\$\(aws-cred export --unset\)"\n$/)
  assert.equal(readFileSync(join(place.home, '.aws/config'), 'utf8'), '[profile project1]\nregion = eu-west-1\n')
})
