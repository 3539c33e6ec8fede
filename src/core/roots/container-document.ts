import { localExpirationMs, toUtcSeconds } from '../clock.ts'
import { CredError } from '../errors.ts'
import { pasteable } from '../paste.ts'
import type { HandedOut } from '../process-document.ts'
import { quoted, shown } from '../text.ts'

/**
 * What a container-credentials endpoint answers: botocore and JS want each of the first four fields as text.
 * Throws `CredError('failed')` for credentials that have no end: no SDK takes them from there.
 */
export function containerDocument(profile: string, credentials: HandedOut): string {
  const { accessKeyId, secretAccessKey, sessionToken, expiresMs, offsetMs, accountId } = credentials
  if (sessionToken === null || expiresMs === null) {
    throw new CredError(
      'failed',
      `cannot serve profile ${quoted(profile)} at an endpoint: it hands out keys without an end, and SDKs take only sessions there`,
      { hint: pasteable`run the command with the keys: aws-cred exec --profile ${profile} -- CMD` },
    )
  }
  const document = {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: toUtcSeconds(localExpirationMs(expiresMs, offsetMs)),
    ...(accountId === null ? {} : { AccountId: accountId }),
  }
  return `${JSON.stringify(document)}\n`
}

/** An error as SDKs read it there: Go and Java by the lower-case names, JS by the others; botocore shows it whole. */
export function containerError(code: string, message: string): string {
  return `${JSON.stringify({ code, message, Code: code, Message: message })}\n`
}

/** STS's own code where it refused, and the message with its hint, for whoever reads an SDK's error. */
export function failureOf(error: CredError): { readonly code: string; readonly message: string } {
  const cause = error.cause as { readonly stsCode?: unknown } | undefined
  const code = typeof cause?.stsCode === 'string' ? cause.stsCode : CODES[error.code]
  const message = error.hint === null ? error.message : `${error.message}; ${error.hint}`
  return { code: shown(code, 60), message: shown(message, MESSAGE_MAX) }
}

const MESSAGE_MAX = 2000

const CODES: Readonly<Record<CredError['code'], string>> = {
  failed: 'CredentialsFailed',
  person: 'PersonNeeded',
  usage: 'CredentialsFailed',
  interrupted: 'CredentialsFailed',
  'reader-gone': 'CredentialsFailed',
  'no-command': 'CredentialsFailed',
  'not-executable': 'CredentialsFailed',
}
