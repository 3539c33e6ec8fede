/** What `doctor` may find, by stable codes, and why each matters: one sentence, lower case, without a full stop. */
export const FINDINGS = {
  'files-unreadable': 'no tool can take anything from a file that it cannot read',
  'not-checked': 'nothing can be said about this part',
  'tools-disagree': 'programs of one shell act as different identities, or some of them fail',
  'profile-shadowed': 'most tools take the keys of the environment and pass over the profile that is named',
  'no-credentials': 'no tool finds credentials here',
  'tool-refuses': 'the tool ends with an error before it asks AWS anything',

  'env-expired': 'every call signed with an expired session is refused: ExpiredToken',
  'env-expiring': 'calls fail from then on; a shell cannot renew its variables by itself',
  'env-half-set': 'some tools fail on half a pair of keys, others look elsewhere without a word',
  'env-token-missing': 'a temporary key without its session token is refused: InvalidClientTokenId',
  'env-token-left': 'a long-lived key beside a foreign session token is refused: InvalidClientTokenId',
  'env-two-tokens': 'the AWS CLI and boto3 take AWS_SECURITY_TOKEN first, the others know AWS_SESSION_TOKEN alone',
  'env-two-profiles': 'boto3 and the AWS CLI v1 take AWS_DEFAULT_PROFILE first, the others AWS_PROFILE',
  'env-expiry-left': 'an expiration that is not of these keys makes the AWS CLI and boto3 refuse good ones',
  'env-expiry-unread': 'the AWS CLI and boto3 cannot use keys beside an expiration that is no time with a zone',

  'env-kept': 'what is kept for new shells comes back in each of them, expired or not',

  'token-in-config': 'a pasted session cannot renew itself, and hides what could',
  'token-in-credentials': 'a pasted session cannot renew itself, and hides what could',
  'static-keys': 'whoever reads the file has the key, and it never expires',
  'key-old': 'the longer a key lives, the more copies of it there are',
  'file-open': 'other users of this machine can read what may be secret',
  'cli-cache-expired': 'the AWS CLI fetches anew what is expired; the files only lie there',
  'cli-cache-broken': 'the AWS CLI ends with an error on an entry that it cannot read',
  'sso-cache-expired': 'no tool gets credentials of this SSO session before somebody signs in again',
  'login-cache-expired': 'no tool gets credentials of this sign-in before somebody signs in again',
  session: 'what is held for the profile is served without asking AWS',
  'last-failure': 'tools that drop the error of a credential_process show nothing of this',
  'cool-down': 'what failed is not tried again before that time',

  endpoint: 'without STS no session can be fetched or renewed',
  clock: 'AWS refuses requests signed under a wrong clock; the AWS CLI and boto3 cannot correct for it',

  identity: 'this is who AWS takes the calls of this shell for',

  'session-short': 'below 15 minutes of life the AWS CLI, boto3 and .NET run the helper at every use',
  'session-chained': 'a role assumed with a session lasts an hour at most',
  'session-too-long': 'STS refuses the call outright, and no session comes of it',
  'mfa-often': 'every time the session ends somebody must type a code',

  'helper-line': 'tools that take this profile fail with this line as it stands',
  'helper-missing': 'tools that take this profile fail',
  'helper-other-version': 'tools run another version than the one that answers here',
  'helper-relative': 'whatever comes first on the PATH of the tool is run',
  'two-copies': 'which copy runs depends on the PATH of whoever asks',
  cli: 'which AWS CLI answers to aws',
  'cli-old': 'this AWS CLI does not know what the profile uses',
  hook: 'without the hook a shell does not say when its variables are stale',
  store: 'keys and sessions lie there',
} as const

export type FindingCode = keyof typeof FINDINGS
