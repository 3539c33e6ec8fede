import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { verb } from '../../../src/commands/setup.ts'
import { parseArguments } from '../../../src/core/arguments.ts'
import { CredError } from '../../../src/core/errors.ts'
import { type IniDocument, parseIni } from '../../../src/core/ini.ts'
import { planProfile } from '../../../src/core/plan/plan.ts'
import { mergeProfiles } from '../../../src/core/profiles.ts'
import { diffLines } from '../../../src/core/setup/config-diff.ts'
import { planSetup, type SetupPlan } from '../../../src/core/setup/setup-plan.ts'
import { setupRequest } from '../../../src/core/setup/setup-request.ts'
import { sectionChange, takeBack } from '../../../src/core/setup/setup-undo.ts'

const PATH = '/home/me/.aws/config'
const ROLE = 'arn:aws:iam::123456789012:role/Prod-Role'
const doc = (text: string): IniDocument => parseIni(text, { kind: 'config', path: PATH })

interface Case {
  readonly config: string
  readonly words: readonly string[]
  readonly keys?: readonly string[]
  readonly credentials?: string
}

function plan({ config, words, keys = ['user1'], credentials }: Case): SetupPlan {
  const request = setupRequest(words[0] as string, parseArguments(verb, words), {
    executablePath: '/opt/aws-cred',
    platform: 'linux',
  })
  return planSetup(request, {
    platform: 'linux',
    config: doc(config),
    credentials: credentials === undefined ? null : parseIni(credentials, { kind: 'credentials', path: '/c' }),
    hasKeys: (name) => keys.includes(name),
    keyNames: () => keys,
    showPath: (path) => path.replace('/home/me', '~'),
  })
}

const ROLE_WORDS = ['--role-arn', ROLE, '--source-profile', 'user1']

/** Sections of other profiles, comments, blank lines, odd spacing: what people's files hold. */
const otherLine = fc.constantFrom(
  'region = eu-west-1',
  'output=json',
  '# a comment',
  '; another',
  '',
  '  ',
  'cli_pager =',
  's3 =\n  max_concurrent_requests = 20\n  # inner',
  'REGION = us-east-1 # trailing',
  'aws_cred_external_id = old-id',
  'aws_cred_tags = a=b',
)
const nativeLine = fc.constantFrom(
  `role_arn = ${ROLE}`,
  `Role_Arn=${ROLE} ; c`,
  'source_profile = user1',
  'external_id = abc',
  'role_session_name = me',
  'duration_seconds = 3600',
  'aws_cred_source_profile = user1',
)
const section = (name: fc.Arbitrary<string>, line: fc.Arbitrary<string>) =>
  fc.tuple(name, fc.array(line, { maxLength: 6 })).map(([header, lines]) => [header, ...lines].join('\n'))
const config = fc
  .tuple(
    fc.constantFrom('', '\ufeff'),
    fc.array(
      section(fc.constantFrom('[default]', '[profile x]', '[profile y] # c', '[odd name]', '[services s]'), otherLine),
      { maxLength: 4 },
    ),
    fc.option(
      section(
        fc.constantFrom('[profile prod]', '[ profile  prod ]', '[profile prod] ; c'),
        fc.oneof(otherLine, nativeLine),
      ),
    ),
    fc.array(section(fc.constantFrom('[profile z]', '[sso-session corp]'), otherLine), { maxLength: 3 }),
    fc.boolean(),
    fc.constantFrom('\n', '\r\n'),
  )
  .map(([bom, before, prod, after, end, eol]) => {
    const text = [...before, ...(prod === null ? [] : [prod]), ...after].join('\n') + (end ? '\n' : '')
    return bom + text.replaceAll('\n', eol)
  })

suite('planSetup()', () => {
  test('keeps every line that is not its own, byte for byte, in any config', () => {
    let written = 0
    fc.assert(
      fc.property(config, (text) => {
        const words = ['prod', ...ROLE_WORDS, '--region', 'ap-south-1']
        const { after, before } = plan({ config: text, words })
        assert.equal(before, text)
        const own =
          /^\s*(aws_cred_)?(credential_process|role_arn|source_profile|external_id|role_session_name|duration_seconds|region)\b/i
        const header = '[profile prod]'
        const eol = text.includes('\r\n') ? '\r\n' : '\n'
        const kept = (side: string) => side.split('\n').filter((line) => !own.test(line) && line.trim() !== '')
        const added = kept(after)
          .filter((line) => line.trim() !== header)
          .map((line) => line.trimEnd())
        assert.deepEqual(
          added,
          kept(text)
            .filter((line) => line.trim() !== header)
            .map((line) => line.trimEnd()),
        )
        for (const { mark, text: line } of diffLines(doc(text).lines, doc(after).lines)) {
          if (mark !== ' ') assert.ok(own.test(line) || line.trim() === '' || line === header, line)
        }
        if (text.trim() !== '' && text !== '\ufeff')
          assert.equal(after.includes('\r\n'), eol === '\r\n' && after !== '')
        assert.equal(after.startsWith('\ufeff'), text.startsWith('\ufeff'))
        written++
      }),
    )
    assert.ok(written >= 100)
  })

  test('can be taken back alone, byte for byte, after another profile was set up, in any config', () => {
    let partly = 0
    fc.assert(
      fc.property(config, (text) => {
        const { before, after } = plan({ config: text, words: ['prod', ...ROLE_WORDS] })
        const change = sectionChange(PATH, 'prod', before, after)
        assert.ok(change !== null)
        const later = plan({ config: after, words: ['later', ...ROLE_WORDS] }).after
        const back = takeBack(PATH, 'prod', later, change) ?? assert.fail('not taken back')
        // But for white space before the other's section, which closes the file.
        const wanted = plan({ config: before, words: ['later', ...ROLE_WORDS] }).after
        const last = (of: string) => of.replace(/\s+$/, '').replace(/\s*\[profile later\][^[]*$/, '')
        assert.equal(last(back), last(wanted))
        partly++
      }),
    )
    assert.ok(partly >= 100)
  })

  test('takes back a property that stood below a comment, once', () => {
    const config = '[profile prod]\naws_cred_source_profile = user1\n; another\nsource_profile = user1\n\n[profile x]\n'
    const { before, after } = plan({ config, words: ['prod', ...ROLE_WORDS] })
    const change = sectionChange(PATH, 'prod', before, after) ?? assert.fail('cannot be taken back')
    assert.equal(takeBack(PATH, 'prod', `${after}region = eu-west-1\n`, change), `${config}region = eu-west-1\n`)
  })

  test('changes no other profile and gives this one what was asked for, in any config', () => {
    fc.assert(
      fc.property(config, (text) => {
        const { after } = plan({ config: text, words: ['prod', ...ROLE_WORDS] })
        const values = (of: string, name: string) =>
          [...(mergeProfiles(doc(of), null).profiles.get(name)?.properties ?? [])].map(([key, { value }]) => [
            key,
            value,
          ])
        for (const name of ['default', 'x', 'y', 'z']) assert.deepEqual(values(after, name), values(text, name))
        const now = new Map(values(after, 'prod') as [string, string][])
        assert.equal(now.get('credential_process'), '"/opt/aws-cred" process --profile prod')
        assert.equal(now.get('aws_cred_role_arn'), ROLE)
        assert.equal(now.get('aws_cred_source_profile'), 'user1')
        for (const key of ['role_arn', 'source_profile']) assert.equal(now.has(key), false)
        for (const [key, value] of values(text, 'prod') as [string, string][]) {
          if (now.has(`aws_cred_${key}`)) continue
          if (!key.startsWith('aws_cred_') && key !== 'region') continue
          assert.equal(now.get(key), value, key)
        }
      }),
    )
  })

  test('changes nothing the second time, in any config', () => {
    fc.assert(
      fc.property(config, (text) => {
        const words = ['prod', ...ROLE_WORDS, '--duration', '2h', '--external-id', 'x-1', '--region', 'ap-south-1']
        const once = plan({ config: text, words }).after
        const twice = plan({ config: once, words })
        assert.equal(twice.after, once)
        assert.equal(twice.screen, '')
        assert.equal(plan({ config: once, words: ['prod'] }).after, once)
      }),
    )
  })

  test('sets the [profile default] that tools read, not the [default] beside it', () => {
    const { after } = plan({ config: '[default]\nregion = a\n[profile default]\nregion = b\n', words: ['default'] })
    assert.equal(
      after,
      '[default]\nregion = a\n[profile default]\ncredential_process = "/opt/aws-cred" process --profile default\nregion = b\n',
    )
  })

  test('leaves a lone mfa_serial where it is: it shadows nothing', () => {
    const text = '[profile prod]\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n'
    assert.match(plan({ config: text, words: ['prod'] }).after, /\nmfa_serial = /)
  })

  test('moves the keys of a section that is indented as a whole', () => {
    const text = `[profile prod]\n  region = a\n  role_arn = ${ROLE}\n  source_profile = user1\n`
    assert.equal(
      plan({ config: text, words: ['prod'] }).after,
      `[profile prod]\n  credential_process = "/opt/aws-cred" process --profile prod\n  region = a\n  aws_cred_role_arn = ${ROLE}\n  aws_cred_source_profile = user1\n`,
    )
  })

  test('names the profile that a line of ours serves as the source: both give what they gave', () => {
    const alias = '[profile prod]\ncredential_process = /old/aws-cred process --profile dev --no-prompt\n'
    const dev = `[profile dev]\naws_cred_role_arn = ${ROLE}\naws_cred_source_profile = user1\n`
    const own = '[profile prod]\ncredential_process = "/opt/aws-cred" process --profile prod --no-prompt\n'
    const planned = (text: string) =>
      planProfile('prod', mergeProfiles(doc(text), null), { platform: 'linux', hasKeys: (name) => name === 'user1' })
    for (const others of [dev, '']) {
      const keys = others === '' ? ['dev'] : ['user1']
      const { after } = plan({ config: alias + others, words: ['prod'], keys })
      assert.equal(after, `${own}aws_cred_source_profile = dev\n${others}`)
      assert.equal(plan({ config: after, words: ['prod'], keys }).after, after)
    }
    const after = `${own}aws_cred_source_profile = dev\n${dev}`
    assert.deepEqual(planned(after).steps, planned(alias + dev).steps)
    // What is typed goes before, and a role that stands there is the source of all.
    assert.doesNotMatch(plan({ config: alias, words: ['prod', ...ROLE_WORDS] }).after, /dev|--no-prompt/)
    const role = `role_arn = ${ROLE}\nsource_profile = user1\n`
    assert.equal(plan({ config: alias + role, words: ['prod'] }).after.includes('dev'), false)
  })

  test('refuses what would change nothing beside a profile that gives what another gives', () => {
    const config = '[profile prod]\ncredential_process = aws-cred process --profile dev\n'
    for (const flag of [['--duration', '2h'] as const, ['--mfa-serial', 'arn:aws:iam::123456789012:mfa/me'] as const]) {
      assert.throws(() => plan({ config, words: ['prod', ...flag], keys: ['dev'] }), {
        code: 'usage',
        message:
          'cannot run setup: "prod" gives what "dev" gives, and --mfa-serial and --duration would change nothing',
        hint: `there they do: aws-cred setup dev ${flag[0]} ${flag[0] === '--duration' ? '7200' : flag[1]}`,
      })
    }
  })

  test('lets a profile serve itself whose line serves one that it is the source of', () => {
    const base = `[profile base]\nrole_arn = ${ROLE}\nsource_profile = prod\n`
    const config = `[profile prod]\ncredential_process = aws-cred process --profile base\n${base}`
    const own = '[profile prod]\ncredential_process = "/opt/aws-cred" process --profile prod\n'
    assert.equal(plan({ config, words: ['prod'], keys: [] }).after, own + base)
  })

  test('refuses a line of ours that serves another profile beside another source', () => {
    const alias = '[profile prod]\ncredential_process = aws-cred process --profile dev\n'
    for (const [config, keys, other] of [
      [alias, ['dev', 'prod'], 'keys in the keychain'],
      [`${alias}aws_cred_source_profile = user1\n`, ['dev', 'user1'], 'aws_cred_source_profile'],
    ] as const) {
      assert.throws(
        () => plan({ config, words: ['prod'], keys }),
        (error) =>
          error instanceof CredError &&
          /: it names two kinds of credentials/.test(error.message) &&
          error.message.includes(other) &&
          error.message.endsWith(' and credential_process (~/.aws/config:2)'),
      )
    }
  })

  test('refuses two kinds of credentials, naming lines as they are now', () => {
    const text = `[profile prod]\nregion = a\nrole_arn = ${ROLE}\nsource_profile = user1\nlogin_session = x\n`
    assert.throws(
      () => plan({ config: text, words: ['prod'] }),
      (error) =>
        error instanceof CredError &&
        /: role_arn \(~\/\.aws\/config:3\) and login_session \(~\/\.aws\/config:5\)$/.test(error.message),
    )
  })

  test('says that a line pasted as a session cannot be renewed, without showing it', () => {
    const { notes } = plan({
      config: '',
      keys: [],
      credentials:
        '[prod]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = sss\naws_session_token = ttt\n',
      words: ['prod'],
    })
    assert.match(notes.join('\n'), /\/c:2\) are a pasted session/)
    assert.doesNotMatch(notes.join('\n'), /sss|ttt|ASIA/)
  })
})
