import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExampleWorld, StsUser } from './sts.ts'
import { newKeyId, newSecret } from './sts-world.ts'

/** A home's two AWS files, and what `import --all` makes of them. */
export interface ImportFiles {
  readonly credentials: string
  readonly config: string
  /** The credentials file without the keys of `user1` and `team/blue`. */
  readonly bare: string
  /** The config after each profile's line. */
  configWith(binary: string): readonly [first: string, both: string]
  /** What may be in no file any more. */
  readonly moved: readonly string[]
}

/**
 * Files as people have them: comments, odd spacing, CRLF throughout, no last line end; alice's key as `user1`, bob's as
 * `team/blue`, a session, and a key that nothing can be done with.
 */
export function importFiles({ alice, arns }: ExampleWorld, bob: StsUser): ImportFiles {
  const credentialsLines = [
    '# managed by hand; ask me before you touch it',
    '',
    '[user1]',
    `aws_access_key_id     = ${alice.accessKeyId}`,
    `aws_secret_access_key = ${alice.secret}`,
    'region = eu-west-1',
    '',
    '[team/blue]   ; the other account',
    `  AWS_ACCESS_KEY_ID=${bob.accessKeyId}`,
    '  # rotated in spring',
    `  aws_secret_access_key=${bob.secret}`,
    '  output=json',
    '',
    '[pasted]',
    'aws_access_key_id = ASIAIOSFODNN7EXAMPLE',
    'aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY',
    'aws_session_token = IQoJb3JpZ2luX2VjEXAMPLETOKEN==',
    '',
    '[half]',
    'aws_access_key_id = AKIAI44QH8DHBEXAMPLE',
  ]
  const configLines = [
    '[default]',
    'output = json',
    '',
    '# roles',
    '[profile prod]',
    `role_arn = ${arns.prod}`,
    'source_profile = user1',
    'region = eu-west-1',
    '',
  ]
  const crlf = (lines: readonly string[]) => lines.join('\r\n')
  const bareLines = credentialsLines.filter((line) => ![alice, bob].some((user) => holds(line, user)))
  const config = crlf(configLines)
  return {
    credentials: crlf(credentialsLines),
    config,
    bare: crlf(bareLines),
    configWith(binary) {
      const section = (name: string) =>
        crlf(['', `[profile ${name}]`, `credential_process = "${binary}" process --profile ${name}`, ''])
      return [config + section('user1'), config + section('user1') + section('team/blue')]
    },
    moved: [alice.secret, bob.secret],
  }
}

function holds(line: string, { accessKeyId, secret }: StsUser): boolean {
  return line.includes(accessKeyId) || line.includes(secret)
}

/** A second user, of another account. */
export function secondUser(): StsUser {
  return { accessKeyId: newKeyId('AKIA'), secret: newSecret(), accountId: '210987654321', userName: 'bob' }
}

/** Writes both files anew, the credentials file as a link into a folder of dotfiles. */
export function writeImportFiles(home: string, files: Pick<ImportFiles, 'config' | 'credentials'>): void {
  const aws = join(home, '.aws')
  const dotfiles = join(home, 'dotfiles')
  for (const folder of [aws, dotfiles]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { mode: 0o700 })
  }
  writeFileSync(join(dotfiles, 'aws-credentials'), files.credentials, { mode: 0o600 })
  symlinkSync('../dotfiles/aws-credentials', join(aws, 'credentials'))
  writeFileSync(join(aws, 'config'), files.config, { mode: 0o600 })
}

/** A secret as files may hold it: plain, hex, URL-encoded, and in base64 wherever it stands in what was encoded. */
export function writtenForms(secret: string): string[] {
  const base64 = [0, 1, 2].map((before) => {
    const bytes = Buffer.from(`${' '.repeat(before)}${secret}`)
    // The first and the last letters depend on what stands beside.
    return bytes.toString('base64').slice(before === 0 ? 0 : 4, Math.floor((bytes.length * 8) / 6) - 4)
  })
  return [secret, Buffer.from(secret).toString('hex'), encodeURIComponent(secret), ...base64]
}
