/** Why an AWS tool may have failed: a stable code and what it means, in one sentence. */
export const CAUSES = {
  'expired-session': 'the temporary session that signed the request has ended',
  'source-expired': 'the session that was to assume the role has ended: its own source has to be renewed',
  'helper-gave-expired': 'a credential_process handed out a session that had already ended',
  'stale-expiration-variable':
    'AWS_CREDENTIAL_EXPIRATION lies in the past: the AWS CLI and boto3 refuse the keys beside it, even new ones',
  'expiration-unreadable':
    'an expiration has no zone or is no time: the AWS CLI and boto3 cannot use the keys that come with it',
  'clock-skew': "this machine's clock and AWS's are too far apart",
  'slow-request': 'the request was signed too long before it arrived, as in a long upload or a paused machine',

  'unknown-key': 'AWS does not know the access key: it was deleted, switched off or mistyped',
  'token-mismatch': 'the access key and the session token are not of one session: one of them is missing or left over',
  'wrong-partition': 'the key belongs to another partition: China and GovCloud know no keys of the others',
  'region-not-opted-in':
    "a session from STS's global endpoint, or of an account that has not switched the region on, is unknown in opt-in regions",
  'mfa-needed-by-iam': 'IAM, and most of STS, know no session of GetSessionToken that was made without an MFA code',
  'wrong-secret': 'the secret key is not that of the access key: it was mistyped or cut',

  'role-refused':
    "the role is not to be assumed by this identity: its trust policy, the caller's own policy or an external id stands against it",
  'access-denied': 'the identity is known and has no permission for this call',
  'explicit-deny': 'a policy denies the call outright, whatever else allows it',
  'session-cannot-call': 'GetSessionToken takes a long-lived key, not a session',
  'mfa-code-wrong': 'the MFA code was wrong, or was used before: each counts once',
  'mfa-serial-wrong': 'the MFA serial is not that of a device of this user; it reads arn:aws:iam::ACCOUNT:mfa/NAME',
  'mfa-code-missing': 'an MFA code is needed, and none was sent',
  'mfa-not-asked': 'the role needs an MFA code, and this program does not ask for one',
  'mfa-session-ended': 'the session was made with an MFA code and has ended: a new one needs a new code',

  'duration-chained': 'a role assumed with a session lasts an hour at most, and more was asked for',
  'duration-too-long': "more was asked for than the role's MaxSessionDuration",
  'invalid-parameter': 'a setting of the profile is outside what STS takes',
  'session-policy': 'the session policy or the tags are malformed, or too large together',
  'region-disabled': 'STS is switched off in this region for the account',
  'opt-in-required': 'the account is not signed up for the service or region',
  'no-region': 'no region is named',
  throttled: 'AWS was asked too often in a short time',
  'service-failed': 'AWS could not answer for a reason of its own',

  'web-identity-expired': 'the web identity token has ended: the file holds an old one',
  'web-identity-rejected': "the web identity token is not accepted: issuer, audience or the role's trust policy",
  'web-identity-file': 'the web identity token cannot be read, or AWS_ROLE_ARN is not set beside it',
  'idp-unreachable': "AWS could not reach the identity provider's keys",
  'sso-expired': 'the SSO login has ended',
  'sso-not-logged-in': 'nobody has logged in to this SSO session yet',
  'sso-misconfigured': 'the SSO settings of the profile are incomplete or contradict its sso-session',
  'sso-no-access': 'the SSO user has no access to this account and role',
  'login-expired': 'the aws login session has ended',
  'part-missing': 'the program lacks the part that SSO or aws login needs',
  'login-not-permitted': 'the identity lacks the permission signin:CreateOAuth2Token',

  'helper-failed': 'the program in credential_process ended with an error',
  'helper-missing': 'the program in credential_process was not found or cannot be started',
  'helper-output': 'the program in credential_process printed something else than the one JSON document',
  'helper-timeout': 'credentials did not come in the time that the SDK allows',
  'helper-loop': 'a program in credential_process asks for the profile that started it',
  'needs-person': 'a person is needed, and none was there to be asked',
  'store-locked': 'the keychain or vault is locked',
  'profile-missing': 'the profile is in neither ~/.aws/config nor ~/.aws/credentials',
  'half-keys': 'an access key id stands without its secret, or the other way round',
  'config-unreadable':
    'a tool cannot read ~/.aws/config or ~/.aws/credentials: a line is broken, or something stands twice',
  'role-config': 'the role and what it is to be assumed with do not fit together in the config',
  'cli-cache-broken': 'an entry of ~/.aws/cli/cache is empty or damaged',
  'nothing-found': 'none of the places where the tool looks holds credentials',
  'metadata-unreachable': 'there is no instance metadata here, or it gives no role: the last place to look at',

  unreachable: 'the endpoint cannot be reached: name, network or firewall',
  'proxy-failed': 'the proxy cannot be reached or refuses',
  'tls-untrusted': "the endpoint's certificate is not trusted: often a proxy's own, which AWS_CA_BUNDLE has to name",
} as const

export type CauseCode = keyof typeof CAUSES
