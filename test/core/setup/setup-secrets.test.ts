import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { secretLine, secretLines, withoutSecretWords } from '../../../src/core/setup/setup-secrets.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const TOKEN = `IQoJb3JpZ2luX2Vj${'EXAMPLE/token+of/many'.repeat(10)}==`

suite('secretLine()', () => {
  test('finds secrets in any form and not the names alone', () => {
    assert.equal(secretLine('[a]\naws_secret_access_key=x'), 2)
    assert.equal(secretLine('a\r\n#aws_session_token   =   x\r\n'), 2)
    assert.equal(secretLine('[a]\naws_secret_access_key =\n  x\n'), 2)
    assert.equal(secretLine('"aws_security_token": "x"'), 1)
    assert.equal(secretLine('aws_secret_access_key =\nregion = a'), null)
    assert.equal(secretLine('# aws_secret_access_key is in the keychain'), null)
  })

  test('finds what is a secret by its looks, under any name or none', () => {
    for (const secret of [SECRET, TOKEN, `${SECRET.slice(0, 39)}=`, `${SECRET.slice(0, 30)}=${SECRET.slice(31)}`]) {
      const lines = {
        [`aws_secret_acces_key = ${secret}`]: 'aws_secret_acces_key = …',
        [`secret_access_key=${secret}\r`]: 'secret_access_key=…\r',
        [`#${secret}`]: '#…',
        [`; old: "${secret}",`]: '; old: "…",',
        [`# it was ${secret}.`]: '# it was ….',
        [`credential_process = x --secret ${secret} --y`]: 'credential_process = x --secret … --y',
        [`credential_process = 'x' --secret='${secret}'`]: "credential_process = 'x' --secret='…'",
        [`  AKIAIOSFODNN7EXAMPLE:${secret}`]: '  AKIAIOSFODNN7EXAMPLE:…',
        [`sts_url = https://x.example/get?key=${secret}&a=b`]: 'sts_url = https://x.example/get?key=…&a=b',
        [`{"SecretAccessKey":"${secret}"}`]: '{"SecretAccessKey":"…"}',
        [`a = ${secret} # ${secret}`]: 'a = … # …',
        [`external_id = abc # ${secret}`]: 'external_id = abc # …',
      }
      for (const [line, masked] of Object.entries(lines)) {
        assert.equal(withoutSecretWords(line), masked)
        assert.deepEqual(secretLines(`[profile p]\n${line}\n[default]\n`), [2], line)
      }
    }
  })

  test('takes nothing for one that a config rightly says', () => {
    const lines = [
      'role_arn = arn:aws:iam::123456789012:role/Developers/TeamA1/ProductionAdmins12',
      'aws_cred_role_arn=arn:aws:iam::123456789012:role/Developers/TeamA1/ProductionAdmins12',
      `aws_cred_external_id = ${SECRET}`,
      `# external_id=${SECRET}`,
      `credential_process = x --external-id "${SECRET}"`,
      'sso_account_id = 123456789012',
      'sso_start_url = https://Example1/Start/Applications/Portal/Number12',
      '# commit 0123456789abcdef0123456789abcdef01234567',
      'ca_bundle = /home/Alice/Work1/Projects/Config/Folder',
      'credential_process = /opt/get --dir=/home/Alice/Work1/Projects/Config/Folder',
      `x = ${SECRET}longer`,
      `x = ${SECRET.slice(1)}`,
    ]
    for (const line of lines) {
      assert.equal(withoutSecretWords(line), line)
      assert.equal(secretLine(line), null)
    }
  })

  test('answers for any text, and leaves no such secret in what is shown', () => {
    const noise = fc.string({ unit: fc.constantFrom('=', ' ', '"', ':', '#', '\n', 'a', '/'), maxLength: 40 })
    fc.assert(
      fc.property(noise, noise, (before, after) => {
        const text = `${before} ${SECRET} ${after}`
        assert.ok(!withoutSecretWords(text).includes(SECRET))
        assert.deepEqual(secretLines(text), [before.split('\n').length])
      }),
    )
  })

  test('takes no time over a line without an end', () => {
    for (const part of ['=', '=IQoJ', '..........x', 'external_id=']) {
      assert.deepEqual(secretLines(`${part.repeat(100_000)}$`), [])
    }
    assert.deepEqual(secretLines(`${'.'.repeat(1_000_000)}x`), [])
  })
})
