/**
 * Name, type, value, four spaces between them (a tab before Windows Vista). The types are not translated; the line of a
 * key has no space in front, and what the key's unnamed value is called (`(Standard)`) is no name of a variable.
 */
const VALUE_LINE = /^(?: {4}|\t)(\w+)(?: {4}|\t)REG_(?:EXPAND_)?SZ(?: {4}|\t)(.*)$/

/**
 * The names of the variables in what `reg query HKCU\Environment` prints, in capitals, as Windows does not tell them apart;
 * the values, which may be secrets, go no further. One without a value is none to Windows.
 */
export function registryNames(text: string): string[] {
  const names = text.split(/\r?\n/).flatMap((line) => {
    const [, name = '', value = ''] = VALUE_LINE.exec(line) ?? []
    return name === '' || value.trim() === '' ? [] : [name.toUpperCase()]
  })
  return [...new Set(names)]
}
