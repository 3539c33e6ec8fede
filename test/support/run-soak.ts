import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ensureBuilt } from './built-binary.ts'
import { seedOfRun } from './random.ts'

/**
 * `npm run soak [-- PATTERN]`: the tests that have a long form (they look at AWS_CRED_SOAK), in it, one file after the other. All draw
 * from one seed, which is printed; AWS_CRED_SEED sets it.
 */
process.chdir(resolve(import.meta.dirname, '../..'))
const wanted = process.argv[2] ?? ''
const files = globSync('test/**/*.test.ts').filter(
  (file) => file.includes(wanted) && readFileSync(file, 'utf8').includes('process.env.AWS_CRED_SOAK'),
)
if (files.length === 0) {
  process.stderr.write(`no long test's path holds "${wanted}"\n`)
  process.exit(1)
}
ensureBuilt()
const seed = seedOfRun()
process.stdout.write(`AWS_CRED_SEED=${seed}\n`)
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...files.sort()], {
  stdio: 'inherit',
  env: { ...process.env, AWS_CRED_SOAK: '1', AWS_CRED_SEED: String(seed) },
})
process.exit(status ?? 1)
