import { forbidCoreFiles, restartWithoutDebugging } from './io/process-guards.ts'

// The first statement that runs: with NODE_DEBUG and the like set, Node prints session tokens. Above it may stand no
// import that does more than define functions.
restartWithoutDebugging(process)
forbidCoreFiles(process)
import('./program.ts').then(({ runProgram }) => runProgram())
