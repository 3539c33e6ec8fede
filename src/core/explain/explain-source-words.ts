import type { Topic } from './explain-sign.ts'

const PROCESS = [
  'custom-process',
  'credential_process',
  'credential process',
  'process provider error',
  'process-based credentials',
  'command returned non-zero exit value',
  'command failed:',
  'processprovider',
]

/** What is said by where credentials come from: SSO, `aws login`, a process, and our own store. */
export const SOURCE_WORDS: readonly Topic[] = [
  [
    { says: ['forbiddenexception'], and: ['getrolecredentials'], causes: ['sso-no-access'] },
    {
      says: [
        'token has expired and refresh failed',
        'sso session associated with this profile',
        'sso session has expired',
        'session token not found or invalid',
        'invalidgrantexception',
        'ssoproviderinvalidtoken',
        'token is expired. to refresh this sso session',
        'cached sso token is expired',
      ],
      causes: ['sso-expired'],
    },
    {
      says: ['error loading sso token', 'sso session token associated with profile', 'read cached sso token file'],
      causes: ['sso-not-logged-in', 'sso-expired'],
    },
    {
      says: [
        'configured to use sso but is missing',
        'invalid sso credentials',
        'sso-session does not exist',
        'sso_session configuration does not exist',
        'find sso session section',
        'find sso_session',
        'conflicting sso',
        'between profile (',
        'has invalid sso config',
        'must match sso_',
        "reading 'sso_region'",
        'sso token provider but is missing',
      ],
      causes: ['sso-misconfigured'],
    },
    {
      says: [
        'using the login credential provider requires',
        'service module must be on the class path',
        'missing runtime dependency',
        'could not be found or loaded. this assembly must be available',
      ],
      causes: ['part-missing'],
    },
    {
      says: [
        "reauthenticate using 'aws login'",
        're-authenticate using aws login',
        'error loading login session token',
        'load login token',
        'failed to load token from',
      ],
      causes: ['login-expired'],
    },
  ],
  [
    {
      says: [
        'detected an infinite loop, profile cycle',
        'maximum recursive credential process',
        'starts asks for it again',
      ],
      causes: ['helper-loop'],
    },
    { says: ['identity resolver timed out', 'credential process timed out'], causes: ['helper-timeout'] },
    {
      says: [
        'no such file',
        'command not found',
        ': not found',
        'enoent',
        'winerror 2',
        'not recognized as',
        'permission denied',
      ],
      and: PROCESS,
      causes: ['helper-missing'],
    },
    {
      says: [
        'unsupported version',
        'expecting value',
        'extra data',
        'utf-8 bom',
        'not valid json',
        'in json at',
        'missing required key',
        'returned invalid',
      ],
      and: PROCESS,
      causes: ['helper-output'],
    },
    {
      says: [
        'credentials from custom-process',
        'process provider error',
        'refresh process-based credentials',
        'command returned non-zero exit value',
        'command failed:',
      ],
      causes: ['helper-failed'],
    },
  ],
  [
    {
      says: ['is locked', 'keychain: no answer', 'keychain: it does not answer'],
      and: ['vault', 'keychain'],
      causes: ['store-locked'],
    },
    { says: ['nobody can be asked', 'nobody is there'], causes: ['needs-person'] },
  ],
]
