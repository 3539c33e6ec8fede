import { runCli } from './cli.ts'
import { leave, nameLookupPending } from './io/process-guards.ts'
import { realContext } from './io/real-context.ts'
import { keychainCallPending } from './keychain/keychain-call.ts'

/** The whole run, once the process is safe to go on: the arguments, the real context, the exit code. */
export async function runProgram(): Promise<never> {
  const code = await runCli(process.argv.slice(2), realContext())
  return leave(process, code, { pendingNativeCall: keychainCallPending() || nameLookupPending(process) })
}
