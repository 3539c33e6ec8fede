/** What a core file (elf(5), 64 bits, little-endian) keeps of a process. */
export interface CoreFile {
  /** Bytes of its memory: headers of its libraries at most where coredump_filter is 0. */
  readonly memoryBytes: number
  /** All of the file but the vector registers, which hold what was copied last: those the kernel writes down whatever is asked. */
  readonly butRegisters: Buffer
}

const PT_LOAD = 1
const PT_NOTE = 4
/** NT_FPREGSET, NT_PRXFPREG, NT_X86_XSTATE, NT_ARM_SVE. */
const VECTOR_NOTES = new Set([0x2, 0x46e62b7f, 0x202, 0x405])

export function readCore(bytes: Buffer): CoreFile {
  if (bytes.readUInt32BE(0) !== 0x7f454c46) throw new Error('no core file: it is not ELF')
  const rest = Buffer.from(bytes)
  let memoryBytes = 0
  const headers = Number(bytes.readBigUInt64LE(32))
  const [size, count] = [bytes.readUInt16LE(54), bytes.readUInt16LE(56)]
  for (let at = headers; at < headers + size * count; at += size) {
    const offset = Number(bytes.readBigUInt64LE(at + 8))
    const length = Number(bytes.readBigUInt64LE(at + 32))
    if (bytes.readUInt32LE(at) === PT_LOAD) memoryBytes += length
    else if (bytes.readUInt32LE(at) === PT_NOTE) blankRegisters(rest, offset, offset + length)
  }
  return { memoryBytes, butRegisters: rest }
}

/** A note is three lengths and kinds of four bytes, its owner's name, its contents; each padded to four. */
function blankRegisters(bytes: Buffer, from: number, to: number): void {
  for (let at = from; at + 12 <= to; ) {
    const [name, length, kind] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)]
    const contents = at + 12 + Math.ceil(name / 4) * 4
    if (VECTOR_NOTES.has(kind)) bytes.fill(0, contents, contents + length)
    at = contents + Math.ceil(length / 4) * 4
  }
}
