import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { pasteable, pathWord } from '../../src/core/paste.ts'
import { need } from '../support/need.ts'

const PLAIN = [
  'prod',
  'a.b/c:d',
  'me@example.com',
  '_x',
  '+x',
  'arn:aws:iam::123456789012:role/team/Prod-Role',
  'KEY=VALUE',
  '__proto__',
]

const OTHERWISE = [
  '',
  'a b',
  ' a',
  "it's",
  'a"b',
  'a\\b',
  'a;id',
  '$(id)',
  '`id`',
  '$HOME',
  'a&calc',
  'a|b',
  'a>b',
  'a\nb',
  '*',
  'a?',
  '{a,b}',
  '~root',
  '#a',
  '!a',
  '%PATH%',
  '%self',
  '@args',
  '-rf',
  '--yes',
  'a,b',
  '(a)',
  '^',
  'é',
  '\u202ea',
  '\u2019',
  '\u001b[31m',
  'x'.repeat(601),
  // A secret that was typed where a name belongs.
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
]

test('pasteable() gives a command whose words every shell reads as they are, and none else', () => {
  for (const word of PLAIN) assert.equal(pasteable`put it in: aws-cred add ${word}`, `put it in: aws-cred add ${word}`)
  for (const word of OTHERWISE) assert.equal(pasteable`put it in: aws-cred add ${word}`, null, JSON.stringify(word))
  assert.equal(pasteable`aws-cred ${'setup'} ${'a;b'} ${'c'}`, null)
  assert.equal(pasteable`aws-cred unlock`, 'aws-cred unlock')
})

const SHELLS = ['/bin/sh', '/bin/bash', '/usr/bin/zsh', '/usr/bin/fish']
const SPECIAL = fc.string({ unit: fc.constantFrom(...'ab7 \'"$`\\\n;&|<>(){}[]*?~#!%^@=:+-/.,é'), maxLength: 12 })

for (const shell of SHELLS) {
  test(`what pasteable() and pathWord() let through is one word to ${shell}, the same`, (t) => {
    if (!need(t, shell, existsSync(shell))) return
    const words = [...PLAIN, ...OTHERWISE, ...fc.sample(SPECIAL, 2000)]
    const through = [
      ...words.flatMap((word) => (pasteable`${word}` === null ? [] : [[word, word] as const])),
      ...words.flatMap((word) => {
        const quoted = pathWord(`/${word}`)
        return quoted === null ? [] : [[`/${word}`, quoted] as const]
      }),
    ]
    assert.ok(through.length > 200, `${through.length}`)
    const { stdout, stderr } = spawnSync(
      shell,
      ['-c', `printf '%s\\0' ${through.map(([, quoted]) => quoted).join(' ')}`],
      { env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C.UTF-8' }, encoding: 'utf8', cwd: '/tmp' },
    )
    assert.equal(stderr, '')
    assert.deepEqual(
      stdout.split('\0').slice(0, -1),
      through.map(([word]) => word),
    )
  })
}

test('pathWord() quotes a path with spaces, and gives up on what no quotes carry', () => {
  assert.equal(pathWord('/home/me/.local/state'), '/home/me/.local/state')
  assert.equal(pathWord('/Users/me/Library/Application Support/$(id)'), "'/Users/me/Library/Application Support/$(id)'")
  for (const path of ["/it's", '/a\\b', '/a\nb', '/\u202ea', '/\u2019', '-rf', `/${'x y'.repeat(400)}`]) {
    assert.equal(pathWord(path), null, JSON.stringify(path))
  }
})
