import { crc32, deflateRawSync, gzipSync } from 'node:zlib'

export interface ArchiveFile {
  /** At most 100 ASCII characters, with `/`. */
  readonly name: string
  readonly bytes: Buffer
  readonly executable: boolean
}

/** One time for all files: else no two builds would be the same. 2026-01-01, in zip's own form too. */
const MTIME_S = Date.UTC(2026, 0, 1) / 1000
const DOS_DATE = ((2026 - 1980) << 9) | (1 << 5) | 1

/** A .tar.gz (POSIX ustar) of the files in the order given, owned by root. */
export function tarGz(files: readonly ArchiveFile[]): Buffer {
  const blocks = files.flatMap(({ name, bytes, executable }) => [
    tarHeader(name, bytes.length, executable ? 0o755 : 0o644),
    bytes,
    Buffer.alloc((512 - (bytes.length % 512)) % 512),
  ])
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]), { level: 6 })
}

function tarHeader(name: string, size: number, mode: number): Buffer {
  const header = Buffer.alloc(512)
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  if (name.length > 100) throw new Error(`${name} is too long a name`)
  header.write(name, 0, 'latin1')
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(MTIME_S, 136, 12)
  header.write('        0', 148, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** A .zip of the files in the order given: Windows opens it without any program of ours. */
export function zip(files: readonly ArchiveFile[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, bytes } of files) {
    const packed = deflateRawSync(bytes, { level: 6 })
    const common = Buffer.alloc(26)
    // Version 2.0, no flags, deflated.
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeUInt16LE(DOS_DATE, 8)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(bytes.length, 18)
    common.writeUInt16LE(name.length, 22)
    const entry = Buffer.alloc(14)
    entry.writeUInt32LE(at, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, entry, Buffer.from(name, 'latin1'))
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name, 'latin1'), packed)
    at += 30 + name.length + packed.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, central, end])
}
