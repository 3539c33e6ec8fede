import { forbidCoreFiles, leave, restartWithoutDebugging } from './io/process-guards.ts'

async function run(): Promise<never> {
  const [{ runCli }, { realContext }, { keychainCallPending }] = await Promise.all([
    import('./cli.ts'),
    import('./io/real-context.ts'),
    import('./keychain/keychain-call.ts'),
  ])
  const code = await runCli(process.argv.slice(2), realContext())
  return leave(process, code, { pendingNativeCall: keychainCallPending() })
}

// The first statement that runs: with NODE_DEBUG and the like set, Node prints session tokens. Above it may stand no
// import that does more than define functions.
restartWithoutDebugging(process)
forbidCoreFiles(process)
run()
