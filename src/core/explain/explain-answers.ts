import type { Topic } from './explain-sign.ts'

/** IAM's calls, and some of STS's: closed to a session that was made without an MFA code (contract §5). */
const CLOSED_WITHOUT_MFA =
  /^(?:(?:list|get|create|delete|update|attach|detach|put|add|remove|tag|untag|change|enable|deactivate|upload)\w*(?:user|role|group|polic|accesskey|accountsummary|accountalias|accountauthorization|mfadevice|instanceprofile|loginprofile|openidconnect|saml|password|servercertificate)|getfederationtoken$|decodeauthorizationmessage$)/

const TOKEN_INVALID = [
  'invalidclienttokenid',
  'unrecognizedclientexception',
  'security token included in the request is invalid',
]
const EXPIRED = ['expiredtoken', 'security token included in the request is expired', 'provided token has expired']
const DENIED = ['accessdenied', 'unauthorizedoperation', 'is not authorized to perform', 'not authorized to perform']
/** What AWS itself answers, as every tool passes it on in some wrapping. */
export const ANSWERS: readonly Topic[] = [
  [
    {
      says: ['requesttimetooskewed', 'request time and the current time is too large'],
      causes: ['clock-skew', 'slow-request'],
    },
    {
      says: ['signature expired', 'signature not yet current', 'requestinthefuture', "'s clock is "],
      causes: ['clock-skew'],
    },
    { says: ['requestexpired', 'request has expired'], causes: ['clock-skew', 'expired-session'] },
    {
      says: ['signaturedoesnotmatch', 'invalidsignatureexception', 'signature we calculated does not match'],
      causes: ['wrong-secret'],
    },
  ],
  [
    { says: ['token expired: current date/time', 'token too old'], causes: ['web-identity-expired'] },
    { says: EXPIRED, and: ['assumerolewithwebidentity'], causes: ['web-identity-expired'] },
    {
      says: ['refreshed credentials are still expired'],
      causes: ['stale-expiration-variable', 'helper-gave-expired', 'clock-skew'],
    },
    {
      says: ["can't subtract offset-naive", 'unknown string format'],
      causes: ['expiration-unreadable'],
    },
    {
      says: ['returned expired credentials', 'retrieved credentials have already expired'],
      causes: ['helper-gave-expired', 'clock-skew'],
    },
    { says: EXPIRED, call: /^assumerole$/, causes: ['source-expired'] },
    { says: EXPIRED, causes: ['expired-session'] },
  ],
  [
    { says: ['sts does not know the access key'], causes: ['unknown-key'] },
    { says: TOKEN_INVALID, call: CLOSED_WITHOUT_MFA, causes: ['mfa-needed-by-iam', 'unknown-key', 'token-mismatch'] },
    {
      says: TOKEN_INVALID,
      and: ['service: iam', 'amazonidentitymanagement', 'iam.amazonaws.com'],
      causes: ['mfa-needed-by-iam', 'unknown-key', 'token-mismatch'],
    },
    {
      says: ['invalidaccesskeyid', 'access key id you provided does not exist in our records'],
      causes: ['unknown-key', 'token-mismatch', 'wrong-partition'],
    },
    { says: ['provided token is malformed'], causes: ['region-not-opted-in', 'token-mismatch'] },
    {
      says: ['not able to validate the provided access credentials'],
      causes: ['unknown-key', 'region-not-opted-in', 'token-mismatch', 'clock-skew'],
    },
    {
      says: TOKEN_INVALID,
      causes: ['unknown-key', 'token-mismatch', 'region-not-opted-in', 'wrong-partition', 'expired-session'],
    },
  ],
  [
    { says: ['invalid mfa one time pass code'], causes: ['mfa-code-wrong'] },
    { says: ['unable to validate mfa code'], causes: ['mfa-serial-wrong', 'mfa-code-wrong'] },
    { says: ['must provide both mfa serial number'], causes: ['mfa-code-missing'] },
    {
      says: ['requires multi-factor authentication', 'assume role with mfa enabled', 'mfatokencodecallback'],
      causes: ['mfa-not-asked'],
    },
    { says: ['mfa token required'], causes: ['mfa-session-ended'] },
    { says: ['needs an mfa code', 'enter mfa code for'], causes: ['needs-person'] },
    { says: ['with an explicit deny'], causes: ['explicit-deny'] },
    { says: ['getsessiontoken with session credentials'], causes: ['session-cannot-call'] },
    { says: ['roles may not be assumed by root'], causes: ['role-refused'] },
    { says: DENIED, and: ['assumerolewithwebidentity'], causes: ['web-identity-rejected'] },
    { says: DENIED, and: ['sts:assumerole'], causes: ['role-refused'] },
    { says: ['refresh token has expired', 'token_expired', 'user_credentials_changed'], causes: ['login-expired'] },
    { says: ['signin:createoauth2token', 'insufficient_permissions'], causes: ['login-not-permitted'] },
    { says: DENIED, causes: ['access-denied'] },
  ],
  [
    { says: ['by role chaining'], causes: ['duration-chained'] },
    { says: ['exceeds the maxsessionduration'], causes: ['duration-too-long'] },
    { says: ['malformedpolicydocument', 'packedpolicytoolarge'], causes: ['session-policy'] },
    { says: ['validation error detected', 'validationerror'], causes: ['invalid-parameter'] },
  ],
  [
    {
      says: ['regiondisabled', 'sts is not activated in this region', 'sts is not active in'],
      causes: ['region-disabled'],
    },
    { says: ['optinrequired'], causes: ['opt-in-required'] },
    {
      says: [
        'must specify a region',
        'region is missing',
        'find a region via the region provider chain',
        'missing region',
      ],
      causes: ['no-region'],
    },
  ],
  [{ says: ['rate exceeded', 'throttl', 'requestlimitexceeded', 'toomanyrequests'], causes: ['throttled'] }],
  [
    { says: ["couldn't retrieve verification key", 'idpcommunicationerror'], causes: ['idp-unreachable'] },
    {
      says: ['no openidconnect provider found', 'invalididentitytoken', 'idprejectedclaim', 'incorrect token audience'],
      causes: ['web-identity-rejected'],
    },
    {
      says: [
        'with web identity but has no role arn',
        'failed to retrieve jwt',
        'be loaded from the webidentitytokenfile',
        'role arn is not set',
      ],
      causes: ['web-identity-file'],
    },
  ],
  [
    {
      says: [
        'serviceunavailable',
        'service unavailable',
        'internalfailure',
        'internalerror',
        'statuscode: 50',
        'status code: 50',
      ],
      causes: ['service-failed'],
    },
  ],
]
