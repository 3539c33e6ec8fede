import type { Environment } from './context.ts'
import { CredError } from './errors.ts'
import type { CredentialSourceRoot } from './plan/plan-roots.ts'
import { quoted, shown } from './text.ts'

/** Where a container or an instance is asked for its credentials. */
export interface MetadataAddress {
  readonly url: string
  /** The setting that names it; null for AWS's own address. */
  readonly setting: string | null
}

const RELATIVE = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'
const FULL = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
const CONTAINER = 'http://169.254.170.2'
/** botocore's list (contract §2.4), for https too: ECS, EKS Pod Identity, and what runs on this machine. */
const CONTAINER_HOSTS = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'])
const INSTANCE = { ipv4: 'http://169.254.169.254', ipv6: 'http://[fd00:ec2::254]' } as const
const INSTANCE_HOSTS = new Set(['169.254.169.254', '[fd00:ec2::254]'])

/** The address that a container's agent has put into the environment. Throws `CredError` where there is none to be used. */
export function containerAddress(profile: string, env: Environment): MetadataAddress {
  const relative = env[RELATIVE]
  if (relative) {
    // What begins otherwise (`@evil/`, `:80`) would move the host.
    const url = /^\/(?!\/)[\x21-\x7e]*$/.test(relative) ? `${CONTAINER}${relative}` : ''
    if (URL.parse(url)?.origin !== CONTAINER) throw wrong(RELATIVE, relative, 'it must be a path that begins with /')
    return { url, setting: RELATIVE }
  }
  const full = env[FULL]
  if (!full) {
    throw new CredError(
      'failed',
      `cannot resolve profile ${quoted(profile)}: its credential_source is EcsContainer, and neither ${RELATIVE} nor ${FULL} is set`,
      { hint: 'it works within a container whose task or pod has a role' },
    )
  }
  const url = parsedUrl(FULL, full)
  if (!isLoopback(url.hostname) && !CONTAINER_HOSTS.has(url.hostname)) {
    throw wrong(FULL, full, 'its host must be this machine, 169.254.170.2, 169.254.170.23 or fd00:ec2::23')
  }
  return { url: url.href, setting: FULL }
}

/** The value of the Authorization header where it stands in the environment; the file goes before it. */
export function containerToken(env: Environment): { readonly file: string | null; readonly text: string | null } {
  return {
    file: env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE || null,
    text: env.AWS_CONTAINER_AUTHORIZATION_TOKEN || null,
  }
}

/** A header takes no line breaks: what follows one would be a header of its own. */
export function checkHeaderValue(setting: string, value: string): string {
  if (/^[\t\x20-\x7e]{1,65536}$/.test(value)) return value
  throw new CredError('failed', `cannot use ${setting}: it holds line breaks or is no text for a header`)
}

/** AWS_EC2_METADATA_SERVICE_ENDPOINT, then the profile's, then the mode's own address (IPv4 unless IPv6 is asked for). */
export function instanceAddress(root: CredentialSourceRoot, env: Environment): MetadataAddress {
  if (env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') {
    throw new CredError(
      'failed',
      `cannot resolve profile ${quoted(root.profile)}: its credential_source is Ec2InstanceMetadata, and AWS_EC2_METADATA_DISABLED is true`,
      { hint: 'unset AWS_EC2_METADATA_DISABLED' },
    )
  }
  const fromEnv = env.AWS_EC2_METADATA_SERVICE_ENDPOINT
  const given = fromEnv || root.metadataEndpoint
  const setting = fromEnv ? 'AWS_EC2_METADATA_SERVICE_ENDPOINT' : 'ec2_metadata_service_endpoint'
  if (given) {
    const url = parsedUrl(setting, given)
    const near = isLoopback(url.hostname) || INSTANCE_HOSTS.has(url.hostname)
    if (url.protocol === 'http:' && !near && env.AWS_CRED_ALLOW_HTTP !== '1') {
      throw wrong(setting, given, 'http:// to another machine would carry credentials in the clear')
    }
    return { url: url.href, setting }
  }
  const mode = env.AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE || root.metadataMode || 'ipv4'
  const known = mode.toLowerCase()
  if (known === 'ipv4' || known === 'ipv6') return { url: INSTANCE[known], setting: null }
  throw wrong('the endpoint mode of the instance metadata service', mode, 'it must be IPv4 or IPv6')
}

function parsedUrl(setting: string, text: string): URL {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url
  throw new CredError('failed', `cannot use ${setting}: it is not an http or https URL`)
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

function wrong(setting: string, value: string, why: string): CredError {
  return new CredError('failed', `cannot use ${shown(setting)} ${quoted(value, 200)}: ${why}`)
}
