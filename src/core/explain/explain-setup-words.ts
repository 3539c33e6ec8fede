import type { Sign, Topic } from './explain-sign.ts'

/** What is said of profiles and files, and of the way to AWS. */
export const SETUP_WORDS: readonly Topic[] = [
  [
    {
      says: [
        'the source_profile "',
        'the source profile "',
        'failed to load assume role',
        'source profile of',
        'infinite loop in credential configuration',
        'detected a cycle',
        'circular relationship',
        'contains both source_profile and credential_source',
        'has both source_profile and credential_source',
        'only one credential type may be specified',
        'partial credentials found in assume-role',
        'the credential source "',
        'credential_source values must be',
        'unsupported credential source',
        'is not a valid credential_source',
        'found in credential_source referenced',
        'requires role_arn',
        'valid combination of properties',
        'sources form a loop',
        'names two kinds of credentials',
        // .NET, of a role that nothing signs for.
        'requires an implementation of aws signature v4a',
      ],
      causes: ['role-config'],
    },
    {
      says: ['could not resolve credentials using profile', 'contained no credentials for profile'],
      causes: ['profile-missing', 'nothing-found'],
    },
    {
      says: [
        'the config profile (',
        'failed to get shared config profile',
        'unable to find the "',
        'could not be found in shared credentials file',
        'cannot read profile "',
      ],
      causes: ['profile-missing'],
    },
    {
      says: [
        'partial credentials found',
        'cannot use the keys of profile',
        "' was not configured for '",
        'cannot be blank',
      ],
      causes: ['half-keys'],
    },
    { says: ['unable to parse config file', 'failed to load shared config file'], causes: ['config-unreadable'] },
    { says: ['cannot read "'], and: ['": line '], causes: ['config-unreadable'] },
    {
      says: ["keyerror: 'credentials'", 'jsondecodeerror'],
      and: ['cli/cache', 'cli\\cache'],
      causes: ['cli-cache-broken'],
    },
  ],
  [
    {
      says: ['connect to proxy', 'proxyconnect tcp', 'proxyconnectionerror', 'use the proxy of'],
      causes: ['proxy-failed'],
    },
    {
      says: [
        'certificate verify failed',
        'ssl validation failed',
        'x509: certificate',
        'unable to get local issuer certificate',
        'self signed certificate',
        'self-signed certificate',
        'verify the first certificate',
        'pkix path building failed',
        'remote certificate is invalid',
        'certificate is not trusted',
      ],
      causes: ['tls-untrusted'],
    },
    {
      says: ['169.254.169.254', 'ec2 imds', 'ec2 instance metadata', 'retrieving metadata'],
      causes: ['metadata-unreachable'],
    },
    {
      says: [
        'could not connect to the endpoint url',
        'timeout on endpoint url',
        'no such host',
        'enotfound',
        'eai_again',
        'econnrefused',
        'connection refused',
        'etimedout',
        'i/o timeout',
        'network is unreachable',
        'unknownhostexception',
        'cannot reach ',
      ],
      causes: ['unreachable'],
    },
  ],
]

/** What a tool says when it has been everywhere: it counts where nothing else is told. */
export const NOTHING_TOLD: readonly Sign[] = [
  // The JS SDK keeps the reason of none of its providers.
  {
    says: ['could not load credentials from any providers'],
    causes: ['nothing-found', 'helper-failed', 'profile-missing'],
  },
  {
    says: [
      'unable to locate credentials',
      'load credentials from any of the providers',
      'no valid credential sources',
      'nocredentialproviders',
      'no valid providers in chain',
      'failed to resolve aws credentials',
      'names no source of credentials',
      'no ec2 imds role found',
      'unable to get iam security credentials',
      'unable to find environment variable credentials',
      'static credentials are empty',
      'were not set with aws credentials',
    ],
    causes: ['nothing-found'],
  },
]
