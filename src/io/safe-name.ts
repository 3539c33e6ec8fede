import { checksum } from '../core/checksum.ts'
import { dashed } from '../core/letters.ts'

/**
 * A file name for any text: up to 40 readable characters, then 16 hex digits of its checksum. Two texts that differ
 * only in case get two names on file systems that ignore case. At most 57 characters, all of `[a-z0-9._-]`.
 */
export function safeFileName(text: string): string {
  return `${dashed(text.slice(0, 40).toLowerCase())}-${checksum(text)}`
}
