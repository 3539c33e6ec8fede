import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCli, VERBS } from '../../src/cli.ts'
import { overview, verbHelp } from '../../src/commands/help.ts'
import { fakeContext } from '../support/fake-context.ts'

test('overview() names every verb of the program and no other', () => {
  const named = [...overview().matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1])
  assert.deepEqual(named.toSorted(), Object.keys(VERBS).toSorted())
  for (const line of overview().split('\n')) assert.ok(line.length <= 80, line)
})

for (const [name, load] of Object.entries(VERBS)) {
  test(`verbHelp() of ${name} fits one screen and has all its parts`, async () => {
    const { verb } = await load()
    const page = verbHelp(verb)
    const lines = page.trimEnd().split('\n')
    assert.ok(lines.length <= 40, `${lines.length} lines`)
    for (const line of lines) assert.ok(line.length <= 80, line)
    assert.equal(verb.name, name)
    for (const option of Object.keys(verb.options)) assert.ok(page.includes(`  --${option}`), option)
    assert.match(page, /^usage: aws-cred /m)
    assert.match(page, /^exit codes: 0 done/m)
    assert.ok(verb.examples.length >= 1 && verb.examples.length <= 4)
  })
}

test('runCli() shows the pages on stdout, by --help and by help, and no verb runs', async () => {
  for (const words of [['--help'], [], ['help']]) {
    const context = fakeContext({ home: '/nowhere' })
    assert.equal(await runCli(words, context), 0)
    assert.equal(context.outText, overview())
  }
  for (const words of [
    ['add', '--help'],
    ['add', 'user1', '-h'],
    ['help', 'add'],
  ]) {
    const context = fakeContext({ home: '/nowhere' })
    assert.equal(await runCli(words, context), 0)
    assert.match(context.outText, /^usage: aws-cred add NAME/m)
    assert.equal(context.errText, '')
  }
})

test('runCli() calls an option in the place of a verb an option, with the nearest', async () => {
  for (const [word, said, hint] of [
    ['--verison', '--verison', 'the nearest is: aws-cred --version'],
    ['--hlep', '--hlep', 'the nearest is: aws-cred --help'],
    ['-V', '-V', 'the nearest is: aws-cred --version'],
    ['--profile=HUSH', '--profile', 'see them all: aws-cred --help'],
    ['-', '-', 'see them all: aws-cred --help'],
  ] as const) {
    const context = fakeContext({ home: '/nowhere' })
    assert.equal(await runCli([word, 'HUSH'], context), 2)
    const state = `cannot run "${said}": there is no such option`
    assert.equal(context.errText, `aws-cred: error: ${state}\naws-cred: hint: ${hint}\n`)
  }
})
