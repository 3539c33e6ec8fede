import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Keyring } from './keyring.ts'
import type { StepResult, StepsInput } from './keytar-steps.ts'

const PROGRAM = fileURLToPath(new URL('keytar-steps.ts', import.meta.url))

/** Runs steps on a keytar store in a child on that keyring; a child that was killed gives the steps it finished. */
export async function runKeytarSteps(
  keyring: Pick<Keyring, 'env' | 'dir'>,
  service: string,
  steps: StepsInput['steps'],
  options: Omit<StepsInput, 'steps'> = { deadlineMs: 20_000 },
): Promise<StepResult[]> {
  const child = spawn(process.execPath, [PROGRAM, keyring.dir, service], {
    env: keyring.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify({ ...options, steps } satisfies StepsInput))
  const out = await text(child.stdout)
  return out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as StepResult]))
}
