import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'

/** `npm run check`: types, lint and format, import arrows, shell scripts. Every part runs; the first failure fails it. */
process.chdir(resolve(import.meta.dirname, '../..'))
const scripts = globSync(['shell/hook.bash', 'shell/completion.bash', 'install.sh', '.ci/run'])
const parts: readonly (readonly [string, string, readonly string[]])[] = [
  ['types', 'tsc', ['-p', '.']],
  ['lint and format', 'biome', ['ci', '--error-on-warnings', '.']],
  ['import arrows', process.execPath, ['--test', 'test/architecture.test.ts']],
  ['shell scripts', 'shellcheck', scripts],
]
let failed = false
for (const [name, program, args] of parts) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' })
  const absent = error !== undefined && 'code' in error && error.code === 'ENOENT'
  const skipped = absent && process.env.AWS_CRED_TEST_ALL !== '1'
  process.stdout.write(`${name}: ${skipped ? `skipped, ${program} is not here` : status === 0 ? 'ok' : 'failed'}\n`)
  failed ||= status !== 0 && !skipped
}
process.exit(failed ? 1 : 0)
