import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** `npm run check`: types, lint and format, import arrows, shell scripts. Every part runs; the first failure fails it. */
process.chdir(resolve(import.meta.dirname, '../..'))

interface Part {
  readonly name: string
  readonly argv: readonly [string, ...string[]]
  readonly input?: string
  /** Not to be had on CI's machine: skipped by name there too. */
  readonly elsewhere?: boolean
}

/** How the PowerShell part says that the module is not installed. */
const NO_MODULE = 64
const scripts = globSync(['shell/hook.bash', 'shell/completion.bash', 'install.sh', '.ci/run'])
const parts: readonly Part[] = [
  { name: 'types', argv: ['tsc', '-p', '.'] },
  { name: 'lint and format', argv: ['biome', 'ci', '--error-on-warnings', '.'] },
  { name: 'import arrows', argv: [process.execPath, '--test', 'test/architecture.test.ts'] },
  { name: 'shell scripts', argv: ['shellcheck', ...scripts] },
  { name: 'the quoted word of hook.bash', argv: ['shellcheck', '-'], input: unquoted('shell/hook.bash') },
  {
    name: 'PowerShell scripts',
    argv: ['pwsh', '-NoProfile', '-NonInteractive', '-Command', analyzer(['install.ps1', 'shell/completion.ps1'])],
    input: unquoted('shell/hook.ps1'),
    elsewhere: true,
  },
]

let failed = false
for (const { name, argv, input, elsewhere } of parts) {
  const [program, ...args] = argv
  const { status, error } = spawnSync(program, args, { input, stdio: [input === undefined ? 'inherit' : 'pipe', 1, 2] })
  const absent = error !== undefined && 'code' in error && error.code === 'ENOENT'
  const missing = absent ? program : elsewhere && status === NO_MODULE ? 'PSScriptAnalyzer' : null
  const skipped = missing !== null && (elsewhere || process.env.AWS_CRED_TEST_ALL !== '1')
  process.stdout.write(`${name}: ${skipped ? `skipped, ${missing} is not here` : status === 0 ? 'ok' : 'failed'}\n`)
  failed ||= status !== 0 && !skipped
}
process.exit(failed ? 1 : 0)

/** A hook with the text that it reads when first needed in its place, for linters to see. Throws where there is none. */
function unquoted(file: string): string {
  const text = readFileSync(file, 'utf8')
  const [pattern, quote] = file.endsWith('.ps1')
    ? [/^ *& \(\[scriptblock\]::Create\(@'\n([\s\S]*?)\n'@\)\)$/m, "'"]
    : [/^ *\\builtin eval '\n([\s\S]*?)\n'$/m, "'\\''"]
  if (!pattern.test(text)) throw new Error(`cannot find the quoted text of ${file}`)
  return text.replace(pattern, (_, quoted: string) => quoted.replaceAll(quote, "'"))
}

/** PSScriptAnalyzer over stdin and `files`. A prompt hook is made of globals; their rules are left out. */
function analyzer(files: readonly string[]): string {
  return `if (-not (Get-Module -ListAvailable PSScriptAnalyzer)) { exit ${NO_MODULE} }
$how = @{ Severity = 'Error', 'Warning'; ExcludeRule = 'PSAvoidGlobalVars', 'PSAvoidGlobalFunctions', 'PSAvoidUsingEmptyCatchBlock' }
$found = @(Invoke-ScriptAnalyzer -ScriptDefinition ([Console]::In.ReadToEnd()) @how)
foreach ($file in '${files.join("', '")}') { $found += @(Invoke-ScriptAnalyzer -Path $file @how) }
$found | Format-Table -AutoSize RuleName, Severity, ScriptName, Line, Message
exit [int]($found.Count -gt 0)`
}
