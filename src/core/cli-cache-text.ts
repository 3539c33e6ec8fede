/** What the AWS CLIs ask STS for, as far as a profile can say it. */
export interface CachedRole {
  readonly roleArn: string
  readonly roleSessionName: string | null
  readonly externalId: string | null
  readonly mfaSerial: string | null
  readonly durationSeconds: number | null
}

/**
 * The text whose SHA-1, in hex, names the file of a role's session in `~/.aws/cli/cache` (contract §3.1). Who signs is
 * not in it: two profiles with one role and different sources share a file.
 */
export function roleCacheText(role: CachedRole): string {
  return pythonJson(
    [
      ['DurationSeconds', role.durationSeconds],
      ['ExternalId', role.externalId],
      ['RoleArn', role.roleArn],
      ['RoleSessionName', role.roleSessionName],
      ['SerialNumber', role.mfaSerial],
    ],
    { comma: ', ', colon: ': ' },
  )
}

/** The same for SSO, which the AWS CLI v2 caches there too; `session` is the sso-session's name, else the start URL counts. */
export function ssoCacheText(sso: {
  readonly accountId: string
  readonly roleName: string
  readonly session: string | null
  readonly startUrl: string
}): string {
  const last = sso.session === null ? (['startUrl', sso.startUrl] as const) : (['sessionName', sso.session] as const)
  return pythonJson([['accountId', sso.accountId], ['roleName', sso.roleName], last], { comma: ',', colon: ':' })
}

/** As Python's `json.dumps` writes it: the given order is that of the names, nulls are left out, all but ASCII is escaped. */
function pythonJson(
  fields: readonly (readonly [name: string, value: string | number | null])[],
  { comma, colon }: { readonly comma: string; readonly colon: string },
): string {
  const written = fields
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `"${name}"${colon}${asciiJson(value)}`)
  return `{${written.join(comma)}}`
}

function asciiJson(value: string | number | null): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
