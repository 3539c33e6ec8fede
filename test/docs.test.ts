import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { VERBS } from '../src/cli.ts'
import { VERSION } from '../src/version.ts'

const ROOT = resolve(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')
const README = read('README.md')
const DOCUMENTS = ['README.md', 'CHANGELOG.md', 'SECURITY.md'].map((name) => ({ name, text: read(name) }))
const PACKAGE = JSON.parse(read('package.json')) as {
  readonly version: string
  readonly scripts: Record<string, string>
  readonly [group: `${string}ependencies`]: Record<string, string>
}
const SOURCES = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n')

/** The lines of a section, without its heading. */
function section(heading: string): string {
  const text = README.split(`\n## ${heading}\n`)[1]
  assert.ok(text !== undefined, `README has a section ${heading}`)
  return text.split('\n## ')[0] as string
}

/** First cells of a section's table rows, by what stands in backticks in them. */
function firstCells(text: string): string[] {
  const rows = text.split('\n').filter((line) => /^\| `/.test(line))
  return rows.flatMap((row) =>
    Array.from((row.split('|')[1] as string).matchAll(/`([^`]+)`/g), (match) => `${match[1]}`),
  )
}

test('README lists exactly the verbs that exist', () => {
  const verbs = firstCells(section('Verbs')).map((cell) => cell.split(' ')[1])
  assert.deepEqual([...verbs].sort(), Object.keys(VERBS).sort())
})

test('every aws-cred command in the documents has a verb and options that exist', async () => {
  let found = 0
  for (const { name, text } of DOCUMENTS) {
    const commands = text.matchAll(/(?:^|`|"|\/)aws-cred"? ([a-z]+)((?: [^`\n|>]+)?)/gm)
    for (const [command, verbName = '', rest = ''] of commands) {
      const load = VERBS[verbName]
      assert.ok(load, `${name}: ${command}`)
      const { verb } = await load()
      for (const [, option = ''] of rest.matchAll(/ --([a-z-]+)/g)) {
        assert.ok(option === 'help' || Object.hasOwn(verb.options, option), `${name}: ${command}`)
      }
      found++
    }
  }
  assert.ok(found > 12, 'the commands were found')
})

test('every npm script in the documents exists, and every script is in the README', () => {
  for (const { name, text } of DOCUMENTS) {
    for (const [command, script = ''] of text.matchAll(/npm run ([a-z]+)/g)) {
      assert.ok(Object.hasOwn(PACKAGE.scripts, script), `${name}: ${command}`)
    }
  }
  for (const script of Object.keys(PACKAGE.scripts)) {
    assert.ok(README.includes(script === 'test' ? 'npm test' : `npm run ${script}`), script)
  }
})

test('README names exactly the dependencies of package.json', () => {
  const { dependencies, devDependencies, optionalDependencies } = PACKAGE
  const all = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  assert.deepEqual(firstCells(section('Dependencies')).sort(), all.sort())
})

test('README names exactly the variables and profile keys that are read', () => {
  // The marker is for our own children, and is nothing to set.
  const read = new Set(SOURCES.match(/\bAWS_CRED_[A-Z_]+\b/g))
  read.delete('AWS_CRED_PROFILE_CHAIN')
  const named = firstCells(section('Stores')).filter((cell) => cell.startsWith('AWS_CRED_'))
  assert.deepEqual(named.sort(), [...read].sort())
  for (const key of firstCells(section('Profiles'))) {
    const name = key.replace(/^aws_cred_/, '')
    assert.ok(SOURCES.includes(`'${name}'`) || SOURCES.includes(`'${key}'`), key)
  }
  for (const key of new Set(SOURCES.match(/\baws_cred_[a-z_]+[a-z]\b/g))) assert.ok(README.includes(`\`${key}\``), key)
})

test('the version is the same everywhere', () => {
  assert.equal(VERSION, PACKAGE.version)
  assert.match(read('CHANGELOG.md'), new RegExp(`^## .*\\b${PACKAGE.version.replaceAll('.', '\\.')}`, 'm'))
})

test('every file that the README links to or names exists', () => {
  const links = Array.from(README.matchAll(/\]\(([^)]+)\)/g), (match) => `${match[1]}`)
  const paths = README.match(/(?<![\w./-])(?:src|test|\.ci)\/[\w./-]*\w/g) ?? []
  assert.ok(links.length > 2 && paths.length > 10)
  for (const path of [...links, ...paths]) assert.ok(existsSync(join(ROOT, path)), path)
})

test('no file names a package registry or a folder of the machine that it was written on', (t) => {
  const { status, stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT })
  if (status !== 0) return t.skip('this is no git checkout')
  const hosts = ['registry\\.npm', 'npmjs\\.', 'pypi\\.', 'proxy\\.golang\\.', 'artifactory', 'yarnpkg\\.']
  const forbidden = new RegExp([...hosts, '/wor[k]/', '/roo[t]/\\.'].join('|'), 'i')
  const names = stdout
    .toString()
    .split('\0')
    .filter((name) => name !== '' && name !== 'test/docs.test.ts')
  assert.ok(names.length > 50)
  for (const name of names) {
    // A name that git still has and the folder no longer does is about to be removed.
    const lines = existsSync(join(ROOT, name)) ? read(name).split('\n') : []
    const line = lines.findIndex((each) => forbidden.test(each))
    assert.equal(line, -1, `${name}:${line + 1}`)
  }
})
