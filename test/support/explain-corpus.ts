import type { CauseCode } from '../../src/core/explain/explain-causes.ts'

/**
 * What tools print, and its causes in order. Worded after runs of the tools against the emulator, their own sources,
 * and threads that users have opened; names, accounts and ids are made up.
 */
export const EXPLAIN_CORPUS: readonly (readonly [tool: string, text: string, ...causes: CauseCode[]])[] = [
  [
    'AWS CLI v1',
    '\nAn error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired\n',
    'expired-session',
  ],
  [
    'AWS CLI v2',
    '\naws: [ERROR]: An error occurred (ExpiredTokenException) when calling the GetFunction operation: The security token included in the request is expired\n',
    'expired-session',
  ],
  [
    'AWS CLI',
    'An error occurred (ExpiredToken) when calling the PutObject operation: The provided token has expired.',
    'expired-session',
  ],
  [
    'boto3 #1431',
    'botocore.exceptions.ClientError: An error occurred (ExpiredToken) when calling the AssumeRole operation: The security token included in the request is expired',
    'source-expired',
  ],
  [
    'Java v2 #1649',
    'software.amazon.awssdk.services.sts.model.StsException: The security token included in the request is expired (Service: Sts, Status Code: 403, Request ID: 69d599e0-7b94-4cf4-a564-fc698225471f)',
    'expired-session',
  ],
  [
    'Terraform 3',
    '│ Error: error configuring Terraform AWS Provider: error validating provider credentials: error calling sts:GetCallerIdentity: ExpiredToken: The security\n│ token included in the request is expired\n│ \tstatus code: 403, request id: 2d673535-75eb-4080-aee0-16240de46a0b',
    'expired-session',
  ],
  [
    'Terraform 5',
    '╷\n│ Error: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 27a1f1cb-2fa6-4f1e-99ba-c7fe33d53718, api error ExpiredToken: The security token included in the\n│ request is expired\n╵',
    'expired-session',
  ],
  [
    'CDK',
    'ExpiredToken: The security token included in the request is expired\n    at Request.extractError (/x/query.js:50:29)',
    'expired-session',
  ],
  [
    'an XML answer',
    '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>',
    'expired-session',
  ],
  [
    'botocore, web identity',
    'botocore.errorfactory.ExpiredTokenException: An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired: current date/time 1624482533 must be before the expiration date/time1624482335',
    'web-identity-expired',
  ],
  [
    'mozilla-aws-cli #146',
    '<Code>ExpiredTokenException</Code>\n    <Message>Token too old: 441398</Message>',
    'web-identity-expired',
  ],
  [
    'AWS CLI, EC2',
    'An error occurred (RequestExpired) when calling the DescribeInstances operation: Request has expired.',
    'clock-skew',
    'expired-session',
  ],
  ['botocore #1980', "TypeError: can't subtract offset-naive and offset-aware datetimes", 'expiration-unreadable'],
  ['AWS CLI', 'Unknown string format: soon', 'expiration-unreadable'],
  [
    'AWS CLI, an old AWS_CREDENTIAL_EXPIRATION',
    'Credentials were refreshed, but the refreshed credentials are still expired.',
    'stale-expiration-variable',
    'helper-gave-expired',
    'clock-skew',
  ],
  [
    'JS',
    'CredentialsProviderError: Profile p credential_process returned expired credentials.',
    'helper-gave-expired',
    'clock-skew',
  ],
  [
    '.NET',
    'The retrieved credentials have already expired: Now = 9:00, Credentials expiration = 8:00',
    'helper-gave-expired',
    'clock-skew',
  ],

  [
    'aws-vault #1049',
    'aws-vault: error: exec: Failed to get credentials for p: operation error STS: GetSessionToken, https response error StatusCode: 403, RequestID: x, api error SignatureDoesNotMatch: Signature expired: 20221005T132736Z is now earlier than 20221006T041807Z (20221006T043307Z - 15 min.)',
    'clock-skew',
  ],
  [
    'AWS CLI, a clock ahead',
    'An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: Signature not yet current: 20250101T120000Z is still later than 20250101T111500Z (20250101T110000Z + 15 min.)',
    'clock-skew',
  ],
  [
    'Go v1, Lambda',
    'InvalidSignatureException: Signature expired: 20160928T135747Z is now earlier than 20160928T140052Z (20160928T140552Z - 5 min.)\n        status code: 403',
    'clock-skew',
  ],
  [
    'S3',
    'An error occurred (RequestTimeTooSkewed) when calling the ListObjectsV2 operation: The difference between the request time and the current time is too large.',
    'clock-skew',
    'slow-request',
  ],
  [
    'AWS CLI v1',
    'An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    'wrong-secret',
  ],
  [
    'JS',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    'wrong-secret',
  ],

  [
    'AWS CLI v2.9',
    'An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation (reached max retries: 0): The security token included in the request is invalid.',
    'unknown-key',
    'token-mismatch',
    'region-not-opted-in',
    'wrong-partition',
    'expired-session',
  ],
  [
    'Terraform, wrapped',
    '│ Error: error configuring Terraform AWS Provider: error validating provider credentials: error calling sts:GetCallerIdentity: InvalidClientTokenId: The security token included in the\n│ request is invalid.',
    'unknown-key',
    'token-mismatch',
    'region-not-opted-in',
    'wrong-partition',
    'expired-session',
  ],
  [
    'AWS CLI, DynamoDB',
    'An error occurred (UnrecognizedClientException) when calling the ListTables operation: The security token included in the request is invalid.',
    'unknown-key',
    'token-mismatch',
    'region-not-opted-in',
    'wrong-partition',
    'expired-session',
  ],
  [
    'aws-vault #328',
    'An error occurred (InvalidClientTokenId) when calling the ListUsers operation: The security token included in the request is invalid',
    'mfa-needed-by-iam',
    'unknown-key',
    'token-mismatch',
  ],
  [
    'CDK, IAM (Java service)',
    'The security token included in the request is invalid (Service: AmazonIdentityManagement; Status Code: 403; Error Code: InvalidClientTokenId; Request ID: X; Proxy: null)',
    'mfa-needed-by-iam',
    'unknown-key',
    'token-mismatch',
  ],
  [
    'Terraform, IAM',
    'Error: creating IAM Role (foo): operation error IAM: CreateRole, https response error StatusCode: 403, RequestID: x, api error InvalidClientTokenId: The security token included in the request is invalid',
    'mfa-needed-by-iam',
    'unknown-key',
    'token-mismatch',
  ],
  [
    'S3',
    'An error occurred (InvalidAccessKeyId) when calling the ListBuckets operation: The AWS Access Key Id you provided does not exist in our records.',
    'unknown-key',
    'token-mismatch',
    'wrong-partition',
  ],
  [
    'EC2',
    'operation error EC2: DescribeInstances, https response error StatusCode: 401, RequestID: x, api error AuthFailure: AWS was not able to validate the provided access credentials',
    'unknown-key',
    'region-not-opted-in',
    'token-mismatch',
    'clock-skew',
  ],
  [
    'aws-cli #8413',
    'An error occurred (InvalidToken) when calling the ListObjectsV2 operation: The provided token is malformed or otherwise invalid.',
    'region-not-opted-in',
    'token-mismatch',
  ],

  [
    'AWS CLI',
    'An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/Prod',
    'role-refused',
  ],
  [
    'Terraform, assume_role',
    'Error: Cannot assume IAM Role. IAM Role (arn:aws:iam::1:role/R) cannot be assumed. Error: operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: x, api error AccessDenied: User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/R',
    'role-refused',
  ],
  [
    'STS',
    'An error occurred (AccessDenied) when calling the AssumeRole operation: Roles may not be assumed by root accounts.',
    'role-refused',
  ],
  [
    'AWS CLI, a policy',
    'An error occurred (AccessDenied) when calling the ListBuckets operation: User: arn:aws:sts::1:assumed-role/R/s is not authorized to perform: s3:ListAllMyBuckets with an explicit deny in a service control policy',
    'explicit-deny',
  ],
  [
    'EC2',
    'An error occurred (UnauthorizedOperation) when calling the DescribeInstances operation: You are not authorized to perform this operation.',
    'access-denied',
  ],
  [
    'STS',
    'An error occurred (AccessDenied) when calling the GetSessionToken operation: Cannot call GetSessionToken with session credentials',
    'session-cannot-call',
  ],
  [
    'aws-cli #2279',
    'An error occurred (AccessDenied) when calling the AssumeRole operation: MultiFactorAuthentication failed with invalid MFA one time pass code.',
    'mfa-code-wrong',
  ],
  [
    'aws-mfa #46',
    'ERROR - An error occured while calling assume role: An error occurred (AccessDenied) when calling the GetSessionToken operation: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    'mfa-serial-wrong',
    'mfa-code-wrong',
  ],
  [
    'Ruby',
    'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. (Aws::STS::Errors::AccessDenied)',
    'mfa-code-missing',
  ],
  ['JS', 'Profile p requires multi-factor authentication, but no MFA code callback was provided.', 'mfa-not-asked'],
  ['Go', 'assume role with MFA enabled, but AssumeRoleTokenProvider session option not set.', 'mfa-not-asked'],
  [
    'boto3',
    'botocore.exceptions.RefreshWithMFAUnsupportedError: Cannot refresh credentials: MFA token required.',
    'mfa-session-ended',
  ],
  ['boto3 without a terminal', 'Enter MFA code for arn:aws:iam::123456789012:mfa/me: \nEOFError', 'needs-person'],

  [
    'STS',
    'An error occurred (ValidationError) when calling the AssumeRole operation: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    'duration-chained',
  ],
  [
    'STS',
    'An error occurred (ValidationError) when calling the AssumeRole operation: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    'duration-too-long',
  ],
  [
    'STS',
    "1 validation error detected: Value 'my name' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    'invalid-parameter',
  ],
  [
    'STS',
    'An error occurred (PackedPolicyTooLarge) when calling the AssumeRole operation: Packed policy consumes 140% of allotted space',
    'session-policy',
  ],
  [
    'steampipe #1510',
    'Error: operation error EC2: DescribeInstances, failed to sign request: failed to retrieve credentials: failed to refresh cached credentials, operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: x, RegionDisabledException: STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.',
    'region-disabled',
  ],
  [
    'AWS CLI',
    'An error occurred (OptInRequired) when calling the DescribeInstances operation: You are not subscribed to this service.',
    'opt-in-required',
  ],
  ['AWS CLI', 'You must specify a region. You can also configure your region by running "aws configure".', 'no-region'],
  ['JS', 'Error: Region is missing', 'no-region'],
  [
    'Java',
    'Unable to find a region via the region provider chain. Must provide an explicit region in the builder or setup environment to supply a region.',
    'no-region',
  ],
  ['selling-partner-api #278', 'ThrottlingException: Rate exceeded', 'throttled'],
  [
    'AWS CLI',
    'An error occurred (ServiceUnavailable) when calling the AssumeRole operation (reached max retries: 4): Service Unavailable',
    'service-failed',
  ],

  [
    'STS',
    'An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: No OpenIDConnect provider found in your account for https://oidc.example.com',
    'web-identity-rejected',
  ],
  [
    'GitHub Actions',
    'Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity',
    'web-identity-rejected',
  ],
  [
    'aws-cli #7194',
    "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
    'idp-unreachable',
  ],
  [
    'botocore',
    'The provided profile or the current environment is configured to assume role with web identity but has no role ARN configured. Ensure that the profile has the role_arn configuration set or the AWS_ROLE_ARN env var is set.',
    'web-identity-file',
  ],
  [
    'Go',
    'failed to refresh cached credentials, failed to retrieve jwt from provide source, unable to read file at /token: open /token: no such file or directory',
    'web-identity-file',
  ],

  [
    'AWS CLI v2, aws-cli #7692',
    'Error when retrieving token from sso: Token has expired and refresh failed',
    'sso-expired',
  ],
  [
    'botocore',
    'The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile.',
    'sso-expired',
  ],
  [
    'Go, steampipe',
    'operation error STS: GetCallerIdentity, get identity: get credentials: failed to refresh cached credentials, refresh cached SSO token failed, unable to refresh SSO token, operation error SSO OIDC: CreateToken, https response error StatusCode: 400, RequestID: x, InvalidGrantException:',
    'sso-expired',
  ],
  [
    'terragrunt #2604',
    'SSOProviderInvalidToken: the SSO session has expired or is invalid\ncaused by: expected RFC3339 timestamp',
    'sso-expired',
  ],
  [
    'aws-cli #7340',
    'An error occurred (UnauthorizedException) when calling the GetRoleCredentials operation: Session token not found or invalid',
    'sso-expired',
  ],
  ['AWS CLI', 'Error loading SSO Token: Token for corp does not exist', 'sso-not-logged-in', 'sso-expired'],
  [
    'JS',
    "The SSO session token associated with profile=p was not found or is invalid. To refresh this SSO session run 'aws sso login' with the corresponding profile.",
    'sso-not-logged-in',
    'sso-expired',
  ],
  [
    'Go',
    'operation error STS: GetCallerIdentity, get identity: get credentials: failed to refresh cached credentials, failed to read cached SSO token file, open /home/me/.aws/sso/cache/e.json: no such file or directory',
    'sso-not-logged-in',
    'sso-expired',
  ],
  [
    'AWS CLI',
    'An error occurred (ForbiddenException) when calling the GetRoleCredentials operation: No access',
    'sso-no-access',
  ],
  [
    'botocore',
    'The profile "p" is configured to use SSO but is missing required configuration: sso_start_url, sso_region',
    'sso-misconfigured',
  ],
  ['Go', 'failed to find SSO session section, corp', 'sso-misconfigured'],
  [
    'Java',
    "To use Sso related properties in the 'p' profile, the 'sso' service module must be on the class path.",
    'part-missing',
  ],
  [
    'boto3',
    'Missing Dependency: Using the login credential provider requires an additional dependency. You will need to pip install "botocore[crt]" before proceeding.',
    'part-missing',
  ],
  [
    'AWS CLI',
    "Your session has expired or credentials have changed. Please reauthenticate using 'aws login'.",
    'login-expired',
  ],
  [
    'JS',
    "Failed to load token from /home/u/.aws/login/cache/0f.json: Error: ENOENT: no such file or directory, open '/home/u/.aws/login/cache/0f.json'",
    'login-expired',
  ],
  [
    'boto3',
    'The profile "p" is configured to use the SSO token provider but is missing the following configuration: [\'sso_start_url\'].',
    'sso-misconfigured',
  ],
  [
    'aws-cli #10330',
    'aws: [ERROR]: An error occurred (AccessDeniedException) when calling the CreateOAuth2Token operation: The refresh token has expired.',
    'login-expired',
  ],
  [
    'AWS CLI',
    "Unable to refresh credentials due to insufficient permissions. You may be missing permission for the 'signin:CreateOAuth2Token' action.",
    'login-not-permitted',
  ],

  ['AWS CLI', '\nError when retrieving credentials from custom-process: could not reach the server\n', 'helper-failed'],
  [
    'Go',
    'failed to refresh cached credentials, process provider error: error in credential_process: exit status 1',
    'helper-failed',
  ],
  ['Java', 'Failed to refresh process-based credentials.', 'helper-failed'],
  ['.NET', 'Command returned non-zero exit value 1 with the error - ', 'helper-failed'],
  ['JS', 'CredentialsProviderError: Command failed: /bin/false \n', 'helper-failed'],
  ['JS', 'Command failed: aws-cred process --profile p\n/bin/sh: 1: aws-cred: not found\n', 'helper-missing'],
  [
    'botocore on Windows',
    'Error when retrieving credentials from custom-process: [WinError 2] The system cannot find the file specified',
    'helper-missing',
  ],
  [
    'botocore',
    "Error when retrieving credentials from custom-process: Unsupported version '0' for credential process provider, supported versions: 1",
    'helper-output',
  ],
  ['JS', 'CredentialsProviderError: Profile p credential_process returned invalid JSON.', 'helper-output'],
  ['novops #126', 'dispatch failure: other: identity resolver timed out after 5s', 'helper-timeout'],
  [
    'AWS CLI v2',
    'aws: [ERROR]: An error occurred (Configuration): Unable to retrieve credentials: Credential process resolution detected an infinite loop, profile cycle: a -> b -> a',
    'helper-loop',
  ],

  ['AWS CLI', 'The config profile (prdo) could not be found', 'profile-missing'],
  ['Go', 'failed to get shared config profile, prdo', 'profile-missing'],
  ['.NET', '{"sdk":"dotnet-v4","error":"Unable to find the \\u0022prdo\\u0022 profile."}', 'profile-missing'],
  [
    'JS',
    'Could not resolve credentials using profile: [p] in configuration/credentials file(s).',
    'profile-missing',
    'nothing-found',
  ],
  [
    'Java',
    "Profile file contained no credentials for profile 'p': ProfileFile(sections=[profiles], profiles=[Profile(name=p, properties=[region])])",
    'profile-missing',
    'nothing-found',
  ],
  ['AWS CLI', 'Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY', 'half-keys'],
  [
    'Go',
    'error fetching config from profile, p, Error using profile: \n 1, partial credentials found for profile p\n',
    'half-keys',
  ],
  ['AWS CLI', 'Unable to parse config file: /home/me/.aws/config', 'config-unreadable'],
  ['Java', 'Secret access key cannot be blank.', 'half-keys'],
  ['JS', 'Unable to find environment variable credentials.', 'nothing-found'],
  ['AWS CLI', 'Partial credentials found in assume-role, missing: source_profile or credential_source', 'role-config'],
  ['AWS CLI', 'The source_profile "base" referenced in the profile "p" does not exist.', 'role-config'],
  [
    'Go',
    'failed to load assume role arn:aws:iam::1:role/R, of profile base, failed to get shared config profile, base',
    'role-config',
  ],
  [
    'Go',
    'only one credential type may be specified per profile: source profile, credential source, credential process, web identity token',
    'role-config',
  ],
  ['Java', 'Invalid profile file: Circular relationship detected with profiles [p, q].', 'role-config'],
  [
    'AWS CLI, aws-cli #5528',
    'File "awscli/botocore/utils.py", line 1, in __getitem__\n/home/me/.aws/cli/cache/2e4e.json\nKeyError: \'Credentials\'',
    'cli-cache-broken',
  ],

  ['AWS CLI', 'Could not connect to the endpoint URL: "https://sts.us-east-1.amazonaws.com/"', 'unreachable'],
  [
    'Go',
    'operation error STS: GetCallerIdentity, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post "https://sts.eu-west-1.amazonaws.com/": dial tcp: lookup sts.eu-west-1.amazonaws.com: no such host',
    'unreachable',
  ],
  ['JS', 'Error: getaddrinfo EAI_AGAIN sts.us-east-1.amazonaws.com', 'unreachable'],
  ['AWS CLI', 'Failed to connect to proxy URL: "http://proxy.example:3128"', 'proxy-failed'],
  [
    'AWS CLI behind a proxy',
    'SSL validation failed for https://sts.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)',
    'tls-untrusted',
  ],
  ['Terraform', 'tls: failed to verify certificate: x509: certificate signed by unknown authority', 'tls-untrusted'],
  ['Java', 'PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException', 'tls-untrusted'],

  [
    'AWS CLI',
    'Unable to locate credentials. You can configure credentials by running "aws configure".',
    'nothing-found',
  ],
  [
    'JS',
    'CredentialsProviderError: Could not load credentials from any providers',
    'nothing-found',
    'helper-failed',
    'profile-missing',
  ],
  [
    'Terraform',
    '│ Error: No valid credential sources found\n│ \n│ Please see https://docs.example/providers/aws\n│ for more information about providing credentials.\n│ \n│ Error: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request send failed, Get\n│ "http://169.254.169.254/latest/meta-data/iam/security-credentials/": dial tcp 169.254.169.254:80: i/o timeout',
    'metadata-unreachable',
    'nothing-found',
  ],
  [
    'Go v1',
    'NoCredentialProviders: no valid providers in chain. Deprecated.\n\tFor verbose messaging see aws.Config.CredentialsChainVerboseErrors',
    'nothing-found',
  ],
  [
    'Java, a broken helper in the chain',
    'Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain(credentialsProviders=[SystemPropertyCredentialsProvider(), ProfileCredentialsProvider(profileName=p)]) : [ProfileCredentialsProvider(profileName=p): Failed to refresh process-based credentials., InstanceProfileCredentialsProvider(): IMDS credentials have been disabled by environment variable or system property.]',
    'helper-failed',
  ],

  [
    'this program through the AWS CLI',
    'Error when retrieving credentials from custom-process: aws-cred: error: cannot assume arn:aws:iam::123456789012:role/R for profile "p": STS does not know the access key AKIA…MPLE of "user1" (InvalidClientTokenId)\naws-cred: hint: it was deleted or switched off; put a new one in: aws-cred add user1 --replace\n',
    'unknown-key',
    'helper-failed',
  ],
  [
    'this program',
    'aws-cred: error: cannot assume arn:aws:iam::123456789012:role/R for profile "p": this machine\'s clock is 8 h behind AWS\'s (SignatureDoesNotMatch)',
    'clock-skew',
  ],
  [
    'this program',
    'aws-cred: error: cannot assume arn:aws:iam::1:role/R for profile "p": it needs an MFA code, which this version cannot ask for',
    'needs-person',
  ],
  [
    'this program',
    'aws-cred: error: cannot open the vault: it is locked\naws-cred: hint: aws-cred unlock',
    'store-locked',
  ],
  ['this program', 'aws-cred: error: cannot read profile "prdo": not in ~/.aws/config', 'profile-missing'],
  [
    'this program',
    'aws-cred: error: cannot read "/home/me/.aws/config": line 12 holds a property without "="',
    'config-unreadable',
  ],
  [
    'this program',
    'aws-cred: error: cannot assume arn:aws:iam::1:role/R for profile "p": cannot reach STS: the name does not resolve (ENOTFOUND)',
    'unreachable',
  ],
  [
    '.NET: the source of a role gives nothing',
    'Error calling AssumeRole for role arn:aws:iam::123456789012:role/App <- Attempting to make a request that requires an implementation of AWS Signature V4a. Add a reference to the AWSSDK.Extensions.CrtIntegration NuGet package to your project to include the AWS Signature V4a signer.',
    'role-config',
  ],
  [
    '.NET: aws login without its part',
    'Assembly AWSSDK.Signin could not be found or loaded. This assembly must be available at runtime to use Amazon.Runtime.Internal.SigninServiceClientHelpers, AWSSDK.Core, Version=4.0.0.0',
    'part-missing',
  ],
]
