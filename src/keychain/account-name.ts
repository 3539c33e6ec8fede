import { dashed } from '../core/letters.ts'
import { sha256Hex } from '../core/sha256.ts'

/**
 * The name under which a store keeps an item: up to 40 readable characters of the full name, then 32 hex digits of
 * its SHA-256. All of `[A-Za-z0-9._-]`, so it is a file name everywhere, and unique where case is ignored (Windows).
 */
export function accountName(name: string): string {
  // JSON writes a lone surrogate as an escape, so that two broken names do not become one in UTF-8.
  return `${dashed(name.slice(0, 40))}-${sha256Hex(JSON.stringify(name)).slice(0, 32)}`
}
