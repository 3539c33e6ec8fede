import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '..')

/** Which rooms a room may import from, itself apart. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  io: ['core'],
  keychain: ['io', 'core'],
  aws: ['core'],
  commands: ['keychain', 'aws', 'io', 'core', 'version'],
  cli: ['commands', 'core', 'version'],
  program: ['cli', 'io', 'keychain'],
  main: ['program', 'io'],
  version: [],
  // It runs hits, to learn what a hit calls.
  build: ['cli', 'commands', 'keychain', 'io', 'core'],
}

interface Import {
  readonly file: string
  readonly from: string
  readonly lazy: boolean
  readonly typeOnly: boolean
}

const FILES = globSync('src/**/*.ts', { cwd: ROOT })

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const found: Import[] = []
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm)) {
    found.push({ file, from: match[2] ?? match[3] ?? '', lazy: false, typeOnly: match[1] !== undefined })
  }
  for (const match of text.matchAll(/import\('([^']+)'\)/g)) {
    found.push({ file, from: match[1] ?? '', lazy: true, typeOnly: false })
  }
  return found
}

/** The file that a relative import names, from the root. */
function targetOf(file: string, from: string): string {
  return relative(ROOT, resolve(ROOT, dirname(file), from))
}

function roomOf(file: string): string {
  return (file.split('/')[1] ?? '').replace(/\.ts$/, '')
}

const IMPORTS = FILES.flatMap(importsOf)

test('every import follows the arrows', () => {
  assert.ok(IMPORTS.length > 100, 'the imports were found')
  for (const { file, from } of IMPORTS.filter((each) => each.from.startsWith('.'))) {
    const target = targetOf(file, from)
    const [room, other] = [roomOf(file), roomOf(target)]
    assert.ok(room === other || ARROWS[room]?.includes(other), `${file} may not import ${target}`)
  }
})

test('core imports nothing but core', () => {
  for (const { file, from } of IMPORTS.filter((each) => roomOf(each.file) === 'core')) {
    assert.ok(from.startsWith('.') && roomOf(targetOf(file, from)) === 'core', `${file} imports ${from}`)
  }
})

test('only the aws room names the SDK', () => {
  for (const { file, from } of IMPORTS.filter((each) => /^@(aws-sdk|smithy)\//.test(each.from))) {
    assert.equal(roomOf(file), 'aws', `${file} imports ${from}`)
  }
})

test('the aws room is entered by files that are themselves only awaited', () => {
  const entrances = IMPORTS.filter(
    ({ file, from, typeOnly }) => roomOf(file) !== 'aws' && /\/aws\//.test(from) && !typeOnly,
  )
  assert.ok(entrances.length > 0)
  for (const { file, lazy } of entrances) {
    const importers = IMPORTS.filter(
      (each) => !each.typeOnly && resolve(ROOT, dirname(each.file), each.from) === join(ROOT, file),
    )
    const isAwaited = importers.every((each) => each.lazy || entrances.some((other) => other.file === each.file))
    assert.ok(lazy || isAwaited, `${file} loads the SDK whoever imports it`)
  }
})

/** The files that are loaded with these, lazy imports apart. */
function reachedFrom(files: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>()
  const follow = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    for (const { from, lazy, typeOnly } of importsOf(file)) {
      if (from.startsWith('.') && !lazy && !typeOnly) follow(relative(ROOT, resolve(ROOT, dirname(file), from)))
    }
  }
  for (const file of files) follow(file)
  return reached
}

test('what process loads before it needs a refresh reaches neither the SDK nor the lock nor the terminal', () => {
  const reached = reachedFrom([
    'src/main.ts',
    'src/program.ts',
    'src/cli.ts',
    'src/commands/process.ts',
    'src/io/real-context.ts',
    'src/commands/session/store/open-keychain.ts',
    'src/keychain/vault-store.ts',
  ])
  assert.ok(reached.has('src/keychain/keytar-store.ts'))
  const builtins = [...reached].flatMap((file) =>
    importsOf(file)
      .filter((each) => !each.typeOnly && !each.lazy && each.from.startsWith('node:'))
      .map((each) => each.from),
  )
  assert.deepEqual([...new Set(builtins)].sort(), ['node:fs', 'node:path', 'node:sea'])
  assert.ok(![...reached].some((file) => file.startsWith('src/aws/') || file === 'src/io/lock.ts'))
  assert.ok(
    ![...reached].some((file) => /credential-endpoint|container-document|served-profile|session-memory/.test(file)),
  )
})

test('what status loads reaches no SDK, no store, no lock and no program', () => {
  const reached = reachedFrom(['src/commands/status.ts'])
  assert.ok(reached.has('src/commands/session/profiles/profile-state.ts'))
  const forbidden =
    /^src\/aws\/|keytar|packaged|vault-store|open-store|obtain-credentials|fetch-root|\/lock\.ts|run-command|run-helper/
  assert.deepEqual(
    [...reached].filter((file) => forbidden.test(file)),
    [],
  )
})

test('no source file is over 250 lines', () => {
  for (const file of FILES) {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n').length
    assert.ok(lines <= 251, `${file} has ${lines} lines`)
  }
})

test('no file but those of the aws room asks `performance`, which loads 25 modules of Node', () => {
  const asking = FILES.filter((file) => /\bperformance\.\w+\(|\{ performance \}/.test(withoutComments(file)))
  assert.deepEqual(
    asking.filter((file) => roomOf(file) !== 'aws'),
    [],
  )
  assert.ok(asking.length > 0, 'the pattern finds it')
})

function withoutComments(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
