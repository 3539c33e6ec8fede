/** FNV's 32-bit prime and start (draft-eastlake-fnv); the second lane starts elsewhere and takes the position in. */
const PRIME = 0x01000193
const START = 0x811c9dc5

/**
 * 64 bits in hex that tell a cut or changed text: for damage, not against a forger (who may write the store may
 * reckon any hash). Four bytes a turn, because a loop that runs hot makes V8 compile it on another thread, for which
 * the process waits at its exit: with SHA-256 here that was 6 ms of a hit.
 */
export function checksum(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const words = new Int32Array((bytes.length + 3) >> 2)
  new Uint8Array(words.buffer).set(bytes)
  let one = START
  let two = START ^ bytes.length
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number
    one = Math.imul(one ^ word ^ (one >>> 15), PRIME)
    two = Math.imul((two + i) ^ word ^ (two >>> 13), PRIME)
  }
  return hex(one ^ (one >>> 16)) + hex(two ^ (two >>> 15))
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
