/** What a program file is for, by its header: `linux-x64`, `darwin-arm64`, `win32-x64`; null for anything else. */
export function binaryFormat(bytes: Buffer): string | null {
  if (bytes.length < 64) return null
  // ELF: e_ident (64 bit, little endian), then e_machine.
  if (bytes.readUInt32BE(0) === 0x7f454c46 && bytes[4] === 2 && bytes[5] === 1) {
    return named('linux', { 62: 'x64', 183: 'arm64' }, bytes.readUInt16LE(18))
  }
  // Mach-O, 64 bit: cputype.
  if (bytes.readUInt32LE(0) === 0xfeedfacf) {
    return named('darwin', { 16777223: 'x64', 16777228: 'arm64' }, bytes.readUInt32LE(4))
  }
  // PE: MZ, the place of "PE\0\0" at 0x3c, then the machine.
  const at = bytes.readUInt32LE(0x3c)
  if (bytes.readUInt16BE(0) === 0x4d5a && at + 6 <= bytes.length && bytes.readUInt32BE(at) === 0x50450000) {
    return named('win32', { 34404: 'x64', 43620: 'arm64' }, bytes.readUInt16LE(at + 4))
  }
  return null
}

function named(platform: string, arches: Readonly<Record<number, string>>, machine: number): string | null {
  const arch = arches[machine]
  return arch === undefined ? null : `${platform}-${arch}`
}
