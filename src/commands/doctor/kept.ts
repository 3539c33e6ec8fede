import { type Finding, finding } from '../../core/finding.ts'
import { UNSET_VARIABLES } from '../../core/shell/aws-variables.ts'
import { fishVariables } from '../../io/fish-variables.ts'
import { setxVariables } from '../../io/setx-variables.ts'
import type { Look } from './look.ts'

/** What comes back in every new shell: universal variables of fish, whichever shell asks, and what `setx` has left. */
export async function keptFindings(look: Look): Promise<Finding[]> {
  const { context } = look.workspace
  const isOurs = (name: string) => UNSET_VARIABLES.includes(name)
  const ofFish = fishVariables(context).filter(isOurs)
  const ofSetx = (await setxVariables(context)).filter(isOurs)
  return [
    ...(ofFish.length === 0 ? [] : [keptByFish(look, ofFish)]),
    ...(ofSetx.length === 0 ? [] : [await keptBySetx(look, ofSetx)]),
  ]
}

function keptByFish({ shell }: Look, names: readonly string[]): Finding {
  const cure = 'aws-cred export --unset --persisted --format fish | source'
  return finding('stale', 'env-kept', 'bad', {
    what: `fish keeps ${names.join(', ')} on disk as universal variables`,
    cure: shell === 'fish' ? cure : `fish -c '${cure}'`,
    fix: 'shell',
  })
}

async function keptBySetx({ workspace }: Look, names: readonly string[]): Promise<Finding> {
  const { parentProgram } = await import('../../io/parent-shell.ts')
  const isCmd = parentProgram(workspace.context.env) === 'cmd.exe'
  return finding('stale', 'env-kept', 'bad', {
    what: `setx keeps ${names.join(', ')} in the registry (HKCU\\Environment)`,
    cure: isCmd
      ? cmdCure(names)
      : 'aws-cred export --unset --persisted --format powershell | Out-String | Invoke-Expression',
    fix: 'shell',
  })
}

/** `reg delete` would tell nobody: what Explorer starts would go on with the old variables until the next logon. */
function cmdCure(names: readonly string[]): string {
  const list = names.map((name) => `'${name}'`).join(',')
  return `powershell -NoProfile -Command "foreach ($n in ${list}) { [Environment]::SetEnvironmentVariable($n, [NullString]::Value, 'User') }"`
}
