import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { ensureBuilt } from './built-binary.ts'

/** `npm test [-- PATTERN]`: builds the executable if need be, then runs every test, or those whose path holds PATTERN. */
process.chdir(resolve(import.meta.dirname, '../..'))
const wanted = process.argv[2] ?? ''
const files = globSync('test/**/*.test.ts').filter((file) => file.includes(wanted))
if (files.length === 0) {
  process.stderr.write(`no test's path holds "${wanted}"\n`)
  process.exit(1)
}
ensureBuilt()
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...files.sort()], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
