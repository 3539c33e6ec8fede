import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
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
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { openWorkspace } from '../../src/commands/session/workspace.ts'
import { verb } from '../../src/commands/setup.ts'
import { parseArguments } from '../../src/core/arguments.ts'
import { CredError, type CredErrorCode } from '../../src/core/errors.ts'
import { planProfile } from '../../src/core/plan/plan.ts'
import { type FakeContext, type FakeContextOptions, fakeContext, fakeTerminal } from '../support/fake-context.ts'
import { need } from '../support/need.ts'

const ROLE = 'arn:aws:iam::123456789012:role/Prod-Role'
const SERIAL = 'arn:aws:iam::123456789012:mfa/alice'
const LINE = 'credential_process = "/opt/aws-cred/aws-cred" process --profile prod'

let home = ''
let config = ''
let credentials = ''

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'aws-cred-setup-'))
  config = join(home, '.aws', 'config')
  credentials = join(home, '.aws', 'credentials')
})
afterEach(() => rmSync(home, { recursive: true }))

function write(path: string, text: string): void {
  mkdirSync(join(home, '.aws'), { recursive: true, mode: 0o700 })
  writeFileSync(path, text)
}

const read = (path = config) => readFileSync(path, 'utf8')
const backups = () => {
  const folder = join(home, '.local', 'state', 'aws-cred', 'backup')
  return existsSync(folder) ? readdirSync(folder) : []
}

async function setup(words: string[], options: Partial<FakeContextOptions> = {}): Promise<FakeContext> {
  const context = fakeContext({ home, ...options })
  await verb.run(parseArguments(verb, words), context)
  return context
}

/** Checks code, text and that neither the config nor a backup was written. */
async function refuses(
  words: string[],
  code: CredErrorCode,
  pattern: RegExp,
  options: Partial<FakeContextOptions> = {},
) {
  const before = existsSync(config) ? read() : null
  const kept = backups()
  await assert.rejects(setup(words, options), (error) => {
    assert.ok(error instanceof CredError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(`${error.message}\n${error.hint ?? ''}`, pattern)
    return true
  })
  assert.equal(existsSync(config) ? read() : null, before)
  assert.deepEqual(backups(), kept)
}

function haveKeys(...names: string[]): void {
  const { index } = openWorkspace(fakeContext({ home }))
  for (const name of names) {
    index.write('key', name, {
      name,
      generation: 'g1',
      accessKeyIdMasked: 'AKIA…MPLE',
      arn: null,
      accountId: null,
      userName: null,
      partition: 'aws',
      addedMs: 0,
    })
  }
}

const ROLE_FLAGS = ['--role-arn', ROLE, '--source-profile', 'user1']

suite('setup writes', () => {
  test('a config that was not there, 0600 in a 0700 folder, and undo removes it', async () => {
    haveKeys('user1')
    const context = await setup(['prod', ...ROLE_FLAGS, '--region', 'eu-west-1', '--yes'])
    assert.equal(context.errText, 'wrote [profile prod] in ~/.aws/config; undo: aws-cred setup prod --undo\n')
    assert.equal(context.outText, '')
    assert.equal(
      read(),
      `[profile prod]\n${LINE}\naws_cred_role_arn = ${ROLE}\naws_cred_source_profile = user1\nregion = eu-west-1\n`,
    )
    assert.deepEqual([statSync(config).mode & 0o777, statSync(join(home, '.aws')).mode & 0o777], [0o600, 0o700])
    const undone = await setup(['prod', '--undo'])
    assert.equal(
      undone.errText,
      'took back the last setup of [profile prod] in ~/.aws/config: the file was not there before, and is removed\n',
    )
    assert.equal(existsSync(config), false)
    assert.deepEqual(backups(), [])
  })

  test('a section that is there, in place, with the screen of the design at the terminal', async () => {
    haveKeys('user1')
    write(config, '# mine\n[default]\nregion = us-east-1\n\n[profile prod]\nregion = eu-west-1\n')
    const terminal = fakeTerminal(['y'])
    const context = await setup(['prod', ...ROLE_FLAGS], { terminal })
    assert.equal(
      terminal.text,
      `~/.aws/config\n  [profile prod]\n+ ${LINE}\n+ aws_cred_role_arn = ${ROLE}\n+ aws_cred_source_profile = user1\n  region = eu-west-1\nwrite it? [y/N] `,
    )
    assert.equal(context.errText, 'wrote [profile prod] in ~/.aws/config; undo: aws-cred setup prod --undo\n')
    assert.equal(
      read(),
      `# mine\n[default]\nregion = us-east-1\n\n[profile prod]\n${LINE}\naws_cred_role_arn = ${ROLE}\naws_cred_source_profile = user1\nregion = eu-west-1\n`,
    )
  })

  test('all that was asked for, and nothing the second time', async () => {
    haveKeys('user1')
    const words = [
      'prod',
      ...ROLE_FLAGS,
      '--mfa-serial',
      SERIAL,
      '--duration',
      '4h',
      '--external-id',
      'x-1',
      '--region',
      'eu-west-1',
      '--yes',
    ]
    await setup(words)
    const first = read()
    assert.match(
      first,
      new RegExp(
        `\naws_cred_mfa_serial = ${SERIAL}\naws_cred_duration_seconds = 14400\naws_cred_external_id = x-1\nregion`,
      ),
    )
    const again = await setup(words)
    assert.match(again.errText, /nothing to write: \[profile prod\] in ~\/\.aws\/config says all of that\n$/)
    assert.equal(read(), first)
    const asked = await setup(['prod', '--region', 'eu-west-1'])
    assert.match(asked.errText, /nothing to write/)
    await setup(['prod', '--undo'])
    assert.equal(existsSync(config), false)
  })

  test('[default] for default', async () => {
    haveKeys('default')
    await setup(['default', '--mfa-serial', SERIAL, '--yes'])
    assert.match(read(), /^\[default\]\ncredential_process = "\/opt\/aws-cred\/aws-cred" process --profile default\n/)
  })

  test('an old path anew, with the options of the line kept, and drops a comment behind it', async () => {
    haveKeys('prod')
    write(
      config,
      '[profile prod]\nregion = eu-west-1 # here\ncredential_process = /old/aws-cred process --profile=prod --duration 2h  # old\naws_cred_session = never\n',
    )
    const context = await setup(['prod', '--yes'])
    assert.match(context.errText, /^wrote/)
    assert.equal(read(), `[profile prod]\nregion = eu-west-1 # here\n${LINE} --duration 2h\naws_cred_session = never\n`)
  })

  test('CRLF, a byte order mark, a missing last line end and a symbolic link as they were', async () => {
    haveKeys('user1')
    mkdirSync(join(home, 'dot'))
    const target = join(home, 'dot', 'config')
    writeFileSync(target, '\ufeff[profile prod]\r\nregion = eu-west-1')
    chmodSync(target, 0o640)
    mkdirSync(join(home, '.aws'))
    symlinkSync(target, config)
    await setup(['prod', ...ROLE_FLAGS, '--yes'])
    assert.equal(
      read(),
      `\ufeff[profile prod]\r\n${LINE}\r\naws_cred_role_arn = ${ROLE}\r\naws_cred_source_profile = user1\r\nregion = eu-west-1`,
    )
    assert.equal(lstatSync(config).isSymbolicLink(), true)
    assert.equal(statSync(config).mode & 0o777, 0o640)
    await setup(['prod', '--undo'])
    assert.equal(read(), '\ufeff[profile prod]\r\nregion = eu-west-1')
    assert.equal(lstatSync(config).isSymbolicLink(), true)
  })

  test('every profile when many run at once', async (t) => {
    if (!need(t, 'a POSIX system', process.platform !== 'win32')) return
    haveKeys('user1')
    write(config, '[default]\nregion = us-east-1\n')
    const script = `
      import { verb } from ${JSON.stringify(new URL('../../src/commands/setup.ts', import.meta.url).href)}
      import { parseArguments } from ${JSON.stringify(new URL('../../src/core/arguments.ts', import.meta.url).href)}
      import { fakeContext } from ${JSON.stringify(new URL('../support/fake-context.ts', import.meta.url).href)}
      await verb.run(parseArguments(verb, process.argv.slice(1)), fakeContext({ home: ${JSON.stringify(home)} }))`
    const names = Array.from({ length: 8 }, (_, index) => `p${index}`)
    const codes = await Promise.all(
      names.map(
        (name) =>
          new Promise((resolve) => {
            const child = spawn(
              process.execPath,
              ['--input-type=module', '-e', script, '--', name, ...ROLE_FLAGS, '--yes'],
              {
                env: { HOME: home },
                stdio: ['ignore', 'ignore', 'inherit'],
              },
            )
            child.on('close', resolve)
          }),
      ),
    )
    assert.deepEqual(
      codes,
      names.map(() => 0),
    )
    for (const name of names) assert.match(read(), new RegExp(`\\[profile ${name}\\]\ncredential_process`))
    assert.match(read(), /^\[default\]\nregion = us-east-1\n/)
  })
})

suite('setup moves', () => {
  const SSO = `# mine
sso_session = corp # shared
sso_account_id = 123456789012
sso_role_name = Dev
`
  const SESSION = '[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp\n'

  test("SSO's keys to a sibling as they are, named as the source, and takes it back", async () => {
    const before = `[profile prod]\n${SSO}region = eu-west-2\n${SESSION}`
    write(config, before)
    const { errText } = await setup(['prod', '--role-arn', ROLE, '--yes'])
    const note = 'sso_session, sso_account_id, sso_role_name (~/.aws/config:3) go to [profile prod-sso] as they are'
    assert.ok(errText.includes(`${note}; log in with: aws sso login --profile prod-sso\n`), errText)
    const after = read()
    assert.equal(
      after,
      `[profile prod]
${LINE}
aws_cred_role_arn = ${ROLE}
aws_cred_source_profile = prod-sso
# mine
region = eu-west-2
${SESSION}
[profile prod-sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev
region = eu-west-2
`,
    )
    assert.match((await setup(['prod', '--yes'])).errText, /nothing to write/)
    assert.equal(read(), after)
    // Also where something else has changed since.
    write(config, `${after}[profile new]\nregion = a\n`)
    await setup(['prod', '--undo'])
    assert.equal(read(), `${before}[profile new]\nregion = a\n`)
  })

  test("login's keys, and those of SSO without a role: the profile gives what the sibling gives", async () => {
    const login = '[profile dev]\nlogin_session = arn:aws:iam::123456789012:user/a\nregion = eu-west-1\n'
    write(config, `${login}[profile one]\n${SSO}${SESSION}`)
    const { errText } = await setup(['dev', '--yes'])
    const note = 'login_session (~/.aws/config:2) goes to [profile dev-login] as it is'
    assert.ok(errText.includes(`${note}; log in with: aws login --profile dev-login\n`), errText)
    await setup(['one', '--yes'])
    const { files } = openWorkspace(fakeContext({ home }))
    for (const [profile, root] of [
      ['dev', 'dev-login'],
      ['one', 'one-sso'],
    ] as const) {
      const plan = planProfile(profile, files.profiles, { platform: 'linux', hasKeys: () => false })
      assert.equal('profile' in plan.root ? plan.root.profile : null, root)
      assert.deepEqual(plan.steps, [])
    }
  })

  test("another program's credential_process", async () => {
    const before = '[profile prod]\nregion = a\ncredential_process = "/usr/bin/other" --for x\n'
    write(config, before)
    const { errText } = await setup(['prod', '--role-arn', ROLE, '--yes'])
    assert.match(errText, /^credential_process \(~\/\.aws\/config:3\) goes to \[profile prod-process\] as it is$/m)
    assert.match(read(), /aws_cred_source_profile = prod-process\n/)
    assert.match(read(), /\[profile prod-process\]\ncredential_process = "\/usr\/bin\/other" --for x\nregion = a\n$/)
    await setup(['prod', '--undo'])
    assert.equal(read(), before)
  })

  test('web_identity_token_file and credential_source to our names', async () => {
    for (const line of ['web_identity_token_file = /t', 'credential_source = EcsContainer']) {
      write(config, `[profile prod]\nrole_arn = ${ROLE}\n${line}\n`)
      const { errText } = await setup(['prod', '--yes'])
      assert.ok(read().endsWith(`\naws_cred_role_arn = ${ROLE}\naws_cred_${line}\n`), read())
      assert.match(errText, /\(~\/\.aws\/config:3\) becomes aws_cred_/)
    }
  })

  test("SSO's keys to a sibling that says the same already", async () => {
    write(config, `[profile prod]\n${SSO}${SESSION}[profile prod-sso]\n${SSO}`)
    await setup(['prod', '--yes'])
    assert.equal(read().match(/sso_role_name/g)?.length, 1)
  })
})

suite('setup asks', () => {
  test('and writes nothing on any answer but yes', async () => {
    haveKeys('user1')
    write(config, '[profile prod]\nregion = eu-west-1\n')
    for (const answer of ['', 'n', 'yess']) {
      await refuses(['prod', ...ROLE_FLAGS], 'failed', /the answer was no/, { terminal: fakeTerminal([answer]) })
    }
  })

  test('nobody where there is no terminal: the command with --yes is named', async () => {
    haveKeys('user1')
    await refuses(
      ['prod', ...ROLE_FLAGS, '--duration', '2h'],
      'person',
      /nobody can be asked here\n.*aws-cred setup prod --role-arn arn:aws:iam::123456789012:role\/Prod-Role --source-profile user1 --duration 7200 --yes$/,
    )
  })

  test('and refuses when the section has changed before the answer; another section is kept', async () => {
    haveKeys('user1')
    write(config, '[profile prod]\nregion = eu-west-1\n')
    const changed = fakeTerminal(['y'], () => writeFileSync(config, '[profile prod]\nregion = eu-west-2\n'))
    await assert.rejects(setup(['prod', ...ROLE_FLAGS], { terminal: changed }), /changed the config meanwhile/)
    assert.equal(read(), '[profile prod]\nregion = eu-west-2\n')
    const added = fakeTerminal(['y'], () =>
      writeFileSync(config, '[profile x]\nregion = a\n\n[profile prod]\nregion = eu-west-2\n'),
    )
    await setup(['prod', ...ROLE_FLAGS], { terminal: added })
    assert.match(read(), /^\[profile x\]\nregion = a\n\n\[profile prod\]\ncredential_process/)
  })
})

suite('setup refuses', () => {
  test('names and values that not every tool takes, with exit 2', async () => {
    for (const name of ['sp ace', 'a;b', '$(x)', 'ü', "it's", 'a"b'])
      await refuses([name, '--yes'], 'usage', /not every AWS tool/)
    await refuses(['a%b', '--yes'], 'usage', /not every AWS tool/, {
      platform: 'win32',
      env: { LOCALAPPDATA: 'C:\\x' },
    })
    for (const flags of [
      ['--role-arn', 'arn:aws:iam::1:role/x', '--source-profile', 'u'],
      ['--role-arn', ROLE],
      ['--source-profile', 'u'],
      ['--external-id', 'abc'],
      [...ROLE_FLAGS, '--external-id', 'a b'],
      [...ROLE_FLAGS, '--duration', '10m'],
      [...ROLE_FLAGS, '--duration', '13h'],
      [...ROLE_FLAGS, '--duration', 'long'],
      [...ROLE_FLAGS, '--region', 'eu west'],
      [...ROLE_FLAGS, '--region', 'eu'],
      ['--role-arn', ROLE, '--source-profile', 'a b'],
      ['--mfa-serial', 'arn:aws:iam::123456789012:user/alice'],
      ['--mfa-serial', 'arn:aws:iam::123456789012:u2f/user/alice/key-ABC'],
      ['--undo', '--region', 'eu-west-1'],
    ]) {
      await refuses(['prod', ...flags, '--yes'], 'usage', /cannot run setup/)
    }
  })

  test('an executable of another name, whose lines would not be known as ours', async () => {
    await refuses(['prod', '--yes'], 'failed', /called "node"/, { executablePath: '/usr/bin/node' })
  })

  test('an executable path that no line can hold', async () => {
    for (const executablePath of [
      "/opt/it's/aws-cred",
      '/opt/a #b/aws-cred',
      '/opt/a ;b/aws-cred',
      '/opt/a\nb/aws-cred',
    ]) {
      await refuses(['prod', '--yes'], 'failed', /path/, { executablePath })
    }
  })

  test('mistakes in the lines of another root, where they stand now', async () => {
    for (const [text, pattern] of [
      [
        '[profile prod]\nregion = a\nsso_session = corp\n',
        /"prod": there is no \[sso-session corp\], .*\(~\/\.aws\/config:3\)/,
      ],
      [
        '[profile prod]\nsso_start_url = https://x\nsso_account_id = 1\n',
        /"prod": for SSO \(~\/\.aws\/config:3\) it has no sso_region/,
      ],
      [
        `[profile prod]\nrole_arn = ${ROLE}\ncredential_source = Imds\n`,
        /credential_source "Imds" .*\(~\/\.aws\/config:3\): it must be/,
      ],
      [
        `[profile prod]\nrole_arn = ${ROLE}\nweb_identity_token_file = t\n`,
        /"t" .*\(~\/\.aws\/config:3\): it must be an absolute path/,
      ],
      [`[profile prod]\nrole_arn = ${ROLE}\nlogin_session = x\n`, /two kinds of credentials, a role and aws login/],
      [
        '[profile prod]\nlogin_session = x\ncredential_process = other\n',
        /two kinds of credentials, aws login and another/,
      ],
    ] as const) {
      write(config, text)
      await refuses(['prod', '--yes'], 'failed', pattern)
    }
    write(config, '[profile prod]\nregion = a\n')
    await refuses(['prod', '--role-arn', ROLE, '--source-profile', 'prod', '--yes'], 'failed', /loop/)
  })

  test('to move a program that asks for the profile itself', async () => {
    const names = /credential_process of another program \(~\/\.aws\/config:3\) names the profile itself/
    for (const command of ['/usr/bin/other --profile prod', 'other --for=prod', 'sh -c "x" prod']) {
      write(config, `[profile prod]\nregion = a\ncredential_process = ${command}\n`)
      await refuses(['prod', '--yes'], 'failed', names)
    }
  })

  test('to move keys to a profile that is there and says something else', async () => {
    const sso =
      'sso_start_url = https://x\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Dev\n'
    write(config, `[profile prod]\n${sso}[profile prod-sso]\nregion = a\n`)
    const taken = /sso_start_url, .* would go to profile "prod-sso", which is there already \(~\/\.aws\/config:6\)/
    await refuses(['prod', '--yes'], 'failed', taken)
    write(config, '[profile prod]\nregion = a\n')
    write(credentials, `[prod]\n${sso}`)
    const wins = /sso_start_url \(~\/\.aws\/credentials:2\) wins over what is written/
    await refuses(['prod', '--yes'], 'failed', wins)
  })

  test('what is only about to be written, without a line number for it', async () => {
    write(config, '[default]\nregion = a\n')
    const loop = /^cannot resolve profile "prod": its sources form a loop: prod > prod$/m
    await refuses(['prod', '--role-arn', ROLE, '--source-profile', 'prod', '--yes'], 'failed', loop)
    haveKeys('user1', 'prod')
    const kept =
      /"prod": a key of that name is stored, [^\n]*\ngive the role another name: aws-cred setup prod-role --role-arn /
    await refuses(['prod', ...ROLE_FLAGS, '--yes'], 'failed', kept)
    write(config, `[profile prod]\nregion = a\nrole_arn = ${ROLE}\nsource_profile = user1\n`)
    const kinds = /two kinds of credentials, a role and keys in the keychain: role_arn \(~\/.aws\/config:3\) and /
    await refuses(['prod', '--yes'], 'failed', kinds)
  })

  test('a role under the name of keys in a file, and names import', async () => {
    haveKeys('user1')
    const pair = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n'
    for (const [keys, command] of [
      [pair, 'import prod'],
      [`${pair}aws_session_token = y\n`, 'import prod --drop-session'],
    ]) {
      write(credentials, `[prod]\n${keys}`)
      const pattern = new RegExp(
        `"prod": it has keys \\(~/\\.aws/credentials:2\\), and a role [^\n]*\ntake them out first: aws-cred ${command}$`,
      )
      await refuses(['prod', ...ROLE_FLAGS, '--yes'], 'failed', pattern)
    }
    write(credentials, `[prod]\n${pair}`)
    await setup(['prod', '--role-arn', ROLE, '--source-profile', 'prod', '--yes'])
  })

  test('what feeds a role where there is none', async () => {
    for (const key of ['credential_source', 'aws_cred_credential_source', 'web_identity_token_file']) {
      write(config, `[profile prod]\nregion = a\n${key} = ${key.endsWith('source') ? 'EcsContainer' : '/t'}\n`)
      const role = key.startsWith('aws_cred_') ? 'aws_cred_role_arn' : 'role_arn'
      const pattern = new RegExp(
        `"prod": it has ${key} \\(~/\\.aws/config:3\\) and no ${role} beside it\nname the role: aws-cred setup prod --role-arn ARN$`,
      )
      await refuses(['prod', '--yes'], 'failed', pattern)
      await setup(['prod', '--role-arn', ROLE, '--yes'])
    }
    // Keys of that name are a source.
    haveKeys('prod')
    write(config, '[profile prod]\ncredential_source = EcsContainer\n')
    await setup(['prod', '--yes'])
  })

  test('a config that holds a secret, also commented out, without showing it', async () => {
    for (const line of [
      'aws_secret_access_key = wJalrXUtnFEMI',
      '# aws_session_token=IQoJb3Jp',
      ' ;AWS_SECURITY_TOKEN : x',
      '# export AWS_SECRET_ACCESS_KEY="wJal"',
    ]) {
      write(config, `[profile prod]\nregion = a\n[profile old]\n${line}\n`)
      await refuses(['prod', '--yes'], 'failed', /^(?!.*(wJal|IQoJ)).*~\/\.aws\/config:4 holds a secret/)
      assert.deepEqual(backups(), [])
    }
    haveKeys('prod')
    write(config, '[profile old]\naws_secret_access_key =\nregion = a\n')
    await setup(['prod', '--yes'])
  })

  test('a config in which any word is a secret by its looks, but for an external id', async () => {
    haveKeys('user1')
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
    for (const line of [
      `aws_secret_acces_key = ${secret}`,
      `# ${secret}`,
      `credential_process = x --secret ${secret}`,
    ]) {
      write(config, `[profile prod]\nregion = a\n${line}\n`)
      const pattern = /^(?!.*wJal).*~\/\.aws\/config:3 holds what looks like a secret, .*\ntake that line out; /
      for (const more of [[], ['--yes']]) await refuses(['prod', ...ROLE_FLAGS, ...more], 'failed', pattern)
      assert.deepEqual(backups(), [])
    }
    write(config, `[profile prod]\nrole_arn = ${ROLE}\nsource_profile = user1\nexternal_id = ${secret}\n`)
    await setup(['prod', '--yes'])
    assert.match(read(), /\naws_cred_external_id = wJal/)
  })

  test('a line of the credentials file that would win', async () => {
    haveKeys('user1')
    write(credentials, `[prod]\nrole_arn = ${ROLE}\nsource_profile = user1\n`)
    await refuses(['prod', '--yes'], 'failed', /role_arn \(~\/\.aws\/credentials:2\) wins/)
    write(credentials, '[prod]\naws_cred_external_id = other\n')
    await refuses(['prod', ...ROLE_FLAGS, '--external-id', 'mine', '--yes'], 'failed', /credentials:2/)
  })

  test('a home folder of another user', async (t) => {
    if (!need(t, 'root, to give a folder away', process.getuid?.() === 0)) return
    chownSync(home, 12345, 12345)
    await refuses(['prod', '--yes'], 'failed', /belongs to another user/, { env: { XDG_STATE_HOME: join(home, 's') } })
    await refuses(['prod', '--undo'], 'failed', /belongs to another user/, { env: { XDG_STATE_HOME: join(home, 's') } })
  })
})

suite('setup says', () => {
  const notes = async (words: string[]) => (await setup([...words, '--yes'])).errText

  test('what is moved, line by line, and moves it in place', async () => {
    haveKeys('user1')
    write(
      config,
      `[profile prod]\n# the role\nrole_arn = ${ROLE} # main\n  \nsource_profile=user1\nregion = eu-west-1\nmfa_serial = ${SERIAL}\noutput = json\n`,
    )
    const text = await notes(['prod'])
    assert.match(
      text,
      /^role_arn \(~\/\.aws\/config:3\) becomes aws_cred_role_arn; aws-vault, awsume.* read only role_arn\nsource_profile \(~\/\.aws\/config:5\) becomes .*\nmfa_serial \(~\/\.aws\/config:7\) becomes /,
    )
    assert.equal(
      read(),
      `[profile prod]\n${LINE}\n# the role\naws_cred_role_arn = ${ROLE} # main\n  \naws_cred_source_profile=user1\nregion = eu-west-1\naws_cred_mfa_serial = ${SERIAL}\noutput = json\n`,
    )
  })

  test('that a native key goes where its own name is there already', async () => {
    haveKeys('user1', 'user2')
    write(config, `[profile prod]\nrole_arn = ${ROLE}\nsource_profile = user2\naws_cred_source_profile = user1\n`)
    assert.match(await notes(['prod']), /source_profile \(~\/\.aws\/config:3\) goes, aws_cred_source_profile is there/)
    assert.equal(read(), `[profile prod]\n${LINE}\naws_cred_role_arn = ${ROLE}\naws_cred_source_profile = user1\n`)
  })

  test('that a source has no keys yet, and how to add them', async () => {
    assert.match(
      await notes(['prod', ...ROLE_FLAGS]),
      /^"user1" has no keys yet; put them in: aws-cred add user1\nwrote/,
    )
  })

  test('that a source has what feeds a role, and none', async () => {
    write(config, '[profile user1]\ncredential_source = EcsContainer\n')
    assert.match(
      await notes(['prod', ...ROLE_FLAGS]),
      /^"user1" has credential_source \(~\/\.aws\/config:2\) and no role_arn beside it; name the role: aws-cred setup user1 --role-arn ARN\nwrote/,
    )
  })

  test('which source was meant where a name is mistyped', async () => {
    haveKeys('user1')
    const text = await notes(['prod', '--role-arn', ROLE, '--source-profile', 'usre1'])
    assert.match(text, /^"usre1" has no keys yet \(did you mean "user1"\?\); put them in: aws-cred add usre1\n/)
  })

  test('that a chain is cut to 1 h', async () => {
    haveKeys('user1')
    write(config, `[profile mid]\naws_cred_role_arn = ${ROLE}\naws_cred_source_profile = user1\n`)
    const text = await notes(['prod', '--role-arn', ROLE, '--source-profile', 'mid', '--duration', '4h'])
    assert.match(text, /lasts 1 h, not 4 h/)
  })

  test('that IAM refuses sessions without MFA, with the three cures, and not where one is taken', async () => {
    haveKeys('prod')
    assert.match(
      await notes(['prod']),
      /; a role, aws_cred_session = never or an MFA device mends that\n {2}aws-cred setup prod --mfa-serial ARN\n/,
    )
    assert.doesNotMatch(await notes(['prod', '--mfa-serial', SERIAL]), /aws_cred_session/)
    write(config, '[profile prod]\naws_cred_session = never\n')
    assert.doesNotMatch(await notes(['prod']), /IAM/)
  })

  test('that keys in the credentials file are still taken by tools that read it', async () => {
    haveKeys('prod')
    write(credentials, '# x\n[prod]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n')
    const text = await notes(['prod'])
    assert.match(text, /keys of "prod" stand in ~\/\.aws\/credentials:3: tools that read that file/)
    assert.doesNotMatch(text, /AKIA/)
  })
})

suite('setup --undo', () => {
  const undo = async (name: string) => (await setup([name, '--undo'])).errText

  test('refuses without a backup, naming the nearest that has one', async () => {
    haveKeys('user1')
    write(config, '[profile x]\nregion = a\n')
    await refuses(['prod', '--undo'], 'failed', /no backup/)
    await setup(['prod', ...ROLE_FLAGS, '--yes'])
    await refuses(['prdo', '--undo'], 'failed', /no backup from it\nthe nearest is: aws-cred setup prod --undo$/)
  })

  test('goes back step by step past the setup of another profile and what a person wrote, byte for byte', async () => {
    haveKeys('user1')
    const mine = '# mine\n[profile l1]\n  # inner\nregion=a # c\n# below\n\n[services s]\n'
    write(config, mine)
    await setup(['l1', ...ROLE_FLAGS, '--yes'])
    const first = read()
    await setup(['l1', '--region', 'eu-west-1', '--yes'])
    await setup(['l2', ...ROLE_FLAGS, '--yes'])
    writeFileSync(config, `${read()}# more\n`)
    const rest = read().slice(read().indexOf('# below') + '# below\n\n[services s]\n'.length)
    const left = '; 1 earlier one is left: aws-cred setup l1 --undo'
    assert.equal(await undo('l1'), `took back the last setup of [profile l1] in ~/.aws/config${left}\n`)
    assert.equal(read(), first + rest)
    await undo('l1')
    assert.equal(read(), mine + rest)
    await refuses(['l1', '--undo'], 'failed', /no backup/)
    await undo('l2')
    assert.equal(read(), `${mine}# more\n`)
  })

  test('refuses when the section has changed since, with the diff to paste', async () => {
    haveKeys('user1')
    write(config, '[profile x]\nregion = a\n')
    await setup(['prod', ...ROLE_FLAGS, '--yes'])
    writeFileSync(config, `${read()}output = json\n`)
    const says = /it has changed since\nsee what: diff \/\S+\/backup\/prod-\S+\.config \/\S+\/\.aws\/config$/
    await refuses(['prod', '--undo'], 'failed', says)
  })
})

test('setup asks nobody where AWS_CRED_NO_PROMPT=1 or CI says so, and writes unasked with --yes', async () => {
  haveKeys('user1')
  for (const env of [{ AWS_CRED_NO_PROMPT: '1' }, { CI: 'true' }]) {
    const terminal = fakeTerminal([])
    await refuses(['prod', ...ROLE_FLAGS], 'person', /nobody can be asked here\nwrite it unasked: .* --yes$/, {
      env,
      terminal,
    })
    assert.equal(terminal.text, '')
  }
  await setup(['prod', ...ROLE_FLAGS, '--yes'], { env: { CI: 'true' } })
})
