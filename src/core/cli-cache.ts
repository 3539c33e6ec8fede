/** An entry of `~/.aws/cli/cache`, where the AWS CLI keeps role sessions (contract §3.1). */
export interface CliCacheEntry {
  /** Null where its Expiration is none that the CLI writes. */
  readonly expiresMs: number | null
}

/** As botocore's JSONFileCache names its files: a SHA-1 in hex. */
export function isCliCacheName(name: string): boolean {
  return /^[0-9a-f]{40}\.json$/.test(name)
}

/**
 * What a file of such a name holds; null where it is not what the CLI puts there: `Credentials` with a key, a secret, a
 * token and an end, beside whatever else STS or the SSO portal answered.
 */
export function parseCliCacheEntry(text: string): CliCacheEntry | null {
  const credentials = record(record(parsed(text))?.Credentials)
  if (credentials === null) return null
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials
  const areTexts = [AccessKeyId, SecretAccessKey, SessionToken, Expiration].every((value) => typeof value === 'string')
  if (!areTexts) return null
  // CLI v1 writes STS's own text, botocore's cache one that ends in `UTC`, SSO one in `Z`.
  const expiresMs = Date.parse(String(Expiration).replace(/UTC$/, 'Z'))
  return { expiresMs: Number.isFinite(expiresMs) ? expiresMs : null }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Node's message would quote it.
    return null
  }
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}
