import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseArguments, verbHint } from '../../src/core/arguments.ts'
import { CredError } from '../../src/core/errors.ts'
import type { Verb } from '../../src/core/verb.ts'

const VERB: Verb = {
  name: 'try',
  about: 'Tries',
  usage: 'aws-cred try P',
  positionals: ['PROFILE', 'MORE?'],
  options: {
    profile: { type: 'string', value: 'NAME', about: 'a name' },
    region: { type: 'string', about: 'a region' },
    refresh: { type: 'boolean', about: 'a flag' },
  },
  examples: [],
  exitCodes: '',
  run: async () => {},
}

const parse = (...words: string[]) => parseArguments(VERB, words)
const HOW = 'see how: aws-cred try --help'

function refused(words: string[], state: string, hint: string = HOW): void {
  assert.throws(() => parse(...words), { code: 'usage', message: `cannot run try: ${state}`, hint })
}

test('parseArguments() reads --name value, --name=value and flags, in any order', () => {
  const given = parse('--profile', 'a', 'prod', '--region=b=c', '--refresh')
  assert.deepEqual(given.positionals, ['prod'])
  assert.equal(given.text('profile'), 'a')
  assert.equal(given.text('region'), 'b=c')
  assert.equal(given.flag('refresh'), true)
})

test('parseArguments() has nothing for what was not given', () => {
  const given = parse('prod')
  assert.equal(given.text('profile'), undefined)
  assert.equal(given.flag('refresh'), false)
  assert.equal(given.text('__proto__'), undefined)
})

test('parseArguments() takes everything after -- as it is', () => {
  assert.deepEqual(parse('--refresh', '--', '--profile', '--').positionals, ['--profile', '--'])
  assert.deepEqual(parse('-', '--').positionals, ['-'])
})

test('parseArguments() takes empty values and such that begin with one dash', () => {
  assert.equal(parse('p', '--profile=').text('profile'), '')
  assert.equal(parse('p', '--profile', '').text('profile'), '')
  assert.equal(parse('p', '--profile', '-x').text('profile'), '-x')
  assert.equal(parse('p', '--profile=--x').text('profile'), '--x')
})

test('parseArguments() refuses an unknown option with the nearest', () => {
  refused(['--profil', 'hush'], 'it has no option "--profil"', 'the nearest is --profile')
  refused(['--profil=hush'], 'it has no option "--profil"', 'the nearest is --profile')
  refused(['-profile', 'hush'], 'it has no option "-profile"', 'the nearest is --profile')
  refused(['--zzzzzz'], 'it has no option "--zzzzzz"', 'see what it takes: aws-cred try --help')
  refused(['--__proto__=x'], 'it has no option "--__proto__"', 'see what it takes: aws-cred try --help')
  refused(['--constructor'], 'it has no option "--constructor"', 'see what it takes: aws-cred try --help')
})

test('parseArguments() refuses an option given twice', () => {
  refused(['--profile', 'a', '--profile=b'], '--profile is given twice')
  refused(['--refresh', '--refresh'], '--refresh is given twice')
})

test('parseArguments() refuses a missing value', () => {
  refused(['p', '--profile'], '--profile needs a value (NAME)')
  refused(['p', '--region'], '--region needs a value (TEXT)')
  refused(['p', '--profile', '--refresh'], '--profile needs a value (NAME)')
  refused(['p', '--profile', '--'], '--profile needs a value (NAME)')
})

test('parseArguments() refuses a value for a flag, without showing it', () => {
  refused(['p', '--refresh=hush'], '--refresh takes no value')
})

test('parseArguments() counts what stands alone', () => {
  refused([], 'PROFILE is missing')
  refused(['a', 'b', 'hush'], 'there are too many arguments')
  assert.throws(() => parseArguments({ ...VERB, positionals: [] }, ['hush']), {
    code: 'usage',
    message: 'cannot run try: it takes no arguments',
  })
})

test('parseArguments() takes a lone name for --profile in its hint, where a shell reads it as it is', () => {
  const verb = { ...VERB, positionals: [] }
  const hint = (...words: string[]) => {
    try {
      parseArguments(verb, words)
    } catch (error) {
      return (error as CredError).hint
    }
    return assert.fail('nothing was thrown')
  }
  assert.equal(hint('prod'), 'name the profile: aws-cred try --profile prod')
  for (const words of [['a;b'], ['a b'], ['$(x)'], ['one', 'two'], ['--profile', 'one', 'two'], ['H'.repeat(40)]]) {
    assert.equal(hint(...words), HOW)
  }
})

test('verbHint() knows what other programs call a verb, and the nearest, with a short rest to paste', () => {
  const verbs = ['list', 'remove', 'setup', 'process']
  for (const [typed, rest, hint] of [
    ['ls', [], 'the nearest is: aws-cred list'],
    ['rm', ['user1'], 'the nearest is: aws-cred remove user1'],
    ['delete', ['user1'], 'the nearest is: aws-cred remove user1'],
    ['configure', ['user1'], 'the nearest is: aws-cred setup user1'],
    ['proces', ['--profile', 'two'], 'the nearest is: aws-cred process --profile two'],
    ['setpu', ['a b'], 'the nearest is: aws-cred setup'],
    ['setpu', ['a', 'b', 'c', 'd'], 'the nearest is: aws-cred setup'],
    ['configure', ['user1', `${'HUSH'.repeat(9)}/+=x`], 'the nearest is: aws-cred setup'],
    ['export-credentials', [], 'see them all: aws-cred --help'],
    ['constructor', [], 'see them all: aws-cred --help'],
  ] as const) {
    assert.equal(verbHint(typed, rest, verbs), hint)
  }
})

test('parseArguments() gives what was typed or a usage error, and never shows a value', () => {
  const value = fc.constantFrom('HUSH1', 'HUSH2=HUSH3', '-', '')
  const word = fc.oneof(
    value,
    fc.constantFrom('--profile', '--region', '--refresh', '--refersh', '--', '-p', '--='),
    value.map((text) => `--profile=${text}`),
    value.map((text) => `--refresh=${text}`),
    value.map((text) => `--pofile=${text}`),
    value.map((text) => `-p=${text}`),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      try {
        const { positionals } = parse(...words)
        assert.ok(positionals.every((text) => words.includes(text)))
      } catch (error) {
        assert.ok(error instanceof CredError && error.code === 'usage', String(error))
        assert.doesNotMatch(`${error.message}${error.hint}`, /HUSH/)
      }
    }),
    { numRuns: 1000 },
  )
})

test('parseArguments() takes any number where the last name ends in an ellipsis', () => {
  const many = { ...VERB, positionals: ['PROFILE…'] }
  for (const names of [[], ['a'], ['a', 'b', 'c']]) {
    assert.deepEqual(parseArguments(many, [...names, '--refresh']).positionals, names)
  }
  assert.throws(() => parseArguments({ ...VERB, positionals: ['ONE', 'MORE…'] }, []), /ONE is missing/)
})
