import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runCli, VERBS } from '../../src/cli.ts'
import { fakeContext } from '../support/fake-context.ts'

function home(t: TestContext, config: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'aws-cred-completion-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, '.aws'))
  writeFileSync(join(folder, '.aws/config'), config)
  return folder
}

async function offered(folder: string, verb: string, before: string, word: string): Promise<string[]> {
  const context = fakeContext({ home: folder })
  assert.equal(await runCli(['__complete', `verb=${verb}`, `before=${before}`, `word=${word}`], context), 0)
  assert.equal(context.errText, '')
  return context.outText.split('\n').slice(0, -1)
}

test('completion prints the script of each shell as it lies in shell/', async () => {
  for (const [shell, ending] of Object.entries({ bash: 'bash', zsh: 'zsh', fish: 'fish', powershell: 'ps1' })) {
    const context = fakeContext({ home: '/nowhere' })
    assert.equal(await runCli(['completion', shell], context), 0)
    assert.equal(context.outText, readFileSync(join(import.meta.dirname, `../../shell/completion.${ending}`), 'utf8'))
  }
  const context = fakeContext({ home: '/nowhere' })
  assert.equal(await runCli(['completion', 'tcsh'], context), 2)
  assert.match(context.errText, /"tcsh".*\n.*one of: bash, zsh, fish, powershell/)
})

test('__complete offers verbs first, then options, then profile names', async (t) => {
  const folder = home(t, '[profile prod]\nregion = x\n[default]\n[profile $(touch x)]\n')
  assert.deepEqual(await offered(folder, '', '', ''), Object.keys(VERBS))
  assert.deepEqual(await offered(folder, '', '', '-'), ['--help', '--version'])
  const options = await offered(folder, 'process', '', '--p')
  assert.ok(options.includes('--profile') && options.includes('--help'))
  assert.deepEqual(await offered(folder, 'process', '--profile', ''), ['prod', 'default'])
  assert.deepEqual(await offered(folder, 'process', '', '--profile=p'), ['--profile=prod', '--profile=default'])
  assert.deepEqual(await offered(folder, 'remove', 'remove', 'p'), ['prod', 'default'])
  assert.deepEqual(await offered(folder, 'hook', 'hook', ''), ['bash', 'zsh', 'fish', 'powershell'])
  assert.ok((await offered(folder, 'export', '--format', '')).includes('github-actions'))
  assert.deepEqual(await offered(folder, 'list', 'list', ''), [])
  assert.deepEqual(await offered(folder, 'constructor', '', ''), [])
})

test('__complete is silent where the config cannot be read', async (t) => {
  const folder = home(t, '')
  rmSync(join(folder, '.aws/config'))
  mkdirSync(join(folder, '.aws/config'))
  assert.deepEqual(await offered(folder, 'process', '--profile', ''), [])
})
