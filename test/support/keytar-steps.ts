/**
 * Runs steps on a keytar store in a process of its own (keytar takes the bus from the environment at its first call):
 * `node keytar-steps.ts <files dir> <service>` reads `{ limitBytes, deadlineMs, steps: [[method, ...args], ...] }` from
 * stdin and writes one line of JSON for each step, `{ ok }` or `{ error: { code, message, hint, kind } }`, then the time
 * it took. Leaves by SIGKILL where a call is still out.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CredError } from '../../src/core/errors.ts'
import { loadKeytarAddon } from '../../src/io/packaged.ts'
import { keychainCallPending } from '../../src/keychain/keychain-call.ts'
import { type NameRegister, openKeytarStore } from '../../src/keychain/keytar-store.ts'
import type { Store } from '../../src/keychain/store.ts'

export interface StepsInput {
  readonly limitBytes?: number
  readonly deadlineMs: number
  readonly steps: readonly (readonly [keyof Omit<Store, 'label'> | 'crashingSet', ...string[]])[]
}

export interface StepResult {
  readonly ok?: unknown
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly hint: string | null
    readonly kind: string
  }
  readonly pending: boolean
  readonly waitingShown: number
  readonly ms: number
}

function fileRegister(file: string): NameRegister {
  const names = () => new Set<string>(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [])
  const save = (set: Set<string>) => writeFileSync(file, JSON.stringify([...set]))
  return {
    has: async (name) => names().has(name),
    add: async (name) => save(names().add(name)),
    remove: async (name) => {
      const left = names()
      left.delete(name)
      save(left)
    },
    all: async () => [...names()],
  }
}

async function main(dir: string, service: string, input: StepsInput): Promise<void> {
  let waitingShown = 0
  let writesLeft = Number.POSITIVE_INFINITY
  const addon = () => {
    const real = loadKeytarAddon({ cacheDir: null, runtimeDir: null, userId: null })
    return {
      getPassword: (s: string, account: string) => real.getPassword(s, account),
      deletePassword: (s: string, account: string) => real.deletePassword(s, account),
      setPassword: (s: string, account: string, password: string) => {
        if (writesLeft-- <= 0) process.kill(process.pid, 'SIGKILL')
        return real.setPassword(s, account, password)
      },
    }
  }
  const store = openKeytarStore({
    service,
    addon,
    names: fileRegister(join(dir, `${service}.names`)),
    platform: process.platform,
    env: process.env,
    deadlineMs: input.deadlineMs,
    onWaiting: () => {
      waitingShown++
      return () => {}
    },
    ...(input.limitBytes === undefined ? {} : { limitBytes: input.limitBytes }),
  })
  for (const [method, ...args] of input.steps) {
    const start = performance.now()
    const call = async (): Promise<unknown> => {
      if (method !== 'crashingSet') return (store[method] as (...values: string[]) => Promise<unknown>)(...args)
      writesLeft = Number(args[2])
      return store.set(args[0] ?? '', args[1] ?? '')
    }
    const result = await call().then(
      (ok) => ({ ok: ok ?? null }),
      (error: unknown) => ({
        error:
          error instanceof CredError
            ? { code: error.code, message: error.message, hint: error.hint, kind: error.name }
            : { code: 'raw', message: String(error), hint: null, kind: 'raw' },
      }),
    )
    const line: StepResult = { ...result, pending: keychainCallPending(), waitingShown, ms: performance.now() - start }
    appendFileSync(1, `${JSON.stringify(line)}\n`)
  }
  if (keychainCallPending()) process.kill(process.pid, 'SIGKILL')
}

const [dir, service] = process.argv.slice(2)
if (dir !== undefined && service !== undefined) await main(dir, service, JSON.parse(readFileSync(0, 'utf8')))
