import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lockPaths } from '../../src/io/lock-file.ts'
import { type E2ePlace, readyPlace, vaultPlace, writeConfig } from './e2e-place.ts'
import { stateDir } from './e2e-stored.ts'
import { type Owner, openPty, type Pty } from './pty.ts'

export const SERIAL = 'arn:aws:iam::123456789012:mfa/alice'
export const QUESTION = 'MFA code for alice (123456789012), '

/** `prod` needs a code, `audit` shares it, `long` takes one itself, `fresh` turns out to. `extra` goes into each section. */
export function mfaConfig({ world: { arns }, binary }: E2ePlace, extra = ''): string {
  const section = (name: string, role: string, more = ''): string =>
    `[profile ${name}]\ncredential_process = "${binary}" process --profile ${name}\naws_cred_role_arn = ${role}\naws_cred_source_profile = user1\naws_cred_mfa_serial = ${SERIAL}\n${more}${extra}`
  return [
    section('prod', arns.needsMfa),
    section('audit', arns.prod),
    section('long', arns.long, 'aws_cred_duration_seconds = 7200\n'),
    section('fresh', arns.needsCode),
  ].join('')
}

export async function mfaPlace(t: Owner, extra = ''): Promise<E2ePlace> {
  const place = await readyPlace(await vaultPlace(t))
  writeConfig(place, mfaConfig(place, extra))
  return place
}

/** A shell on a terminal of its own that runs `script` in the place's home with its environment. */
export function inTerminal(t: Owner, place: E2ePlace, script: string, env: Record<string, string> = {}): Pty {
  return openPty(t, ['/bin/sh', '-c', `cd "$HOME"; ${script}`], { ...place.env, ...env })
}

/** Waits for the question and types the code that the device shows. */
export async function answer(pty: Pty, place: E2ePlace): Promise<void> {
  await pty.waitFor(QUESTION)
  pty.type(`${place.sts.mfaCode(SERIAL)}\r`)
}

export function questions(pty: Pty): number {
  return pty.output().split(QUESTION).length - 1
}

/** Who asks now, by the lock around questions; null where nobody does. */
export function asker(place: E2ePlace): number | null {
  const { holder } = lockPaths(join(stateDir(place), 'locks'), `mfa ${SERIAL}`)
  try {
    return (JSON.parse(readFileSync(holder, 'utf8')) as { pid: number }).pid
  } catch {
    // Nobody has asked yet, or the name is being written.
    return null
  }
}

/** Whether a process runs; one that has ended and is not waited for yet does not. */
export function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
