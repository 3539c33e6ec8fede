import { runCli } from '../../src/cli.ts'
import { realContext } from '../../src/io/real-context.ts'

/** The program's sources as a program of its own: `import-child.ts BINARY WORDS…`; BINARY is what the lines name. */
const [binary = '', ...words] = process.argv.slice(2)
const context = Object.create(realContext(), { executablePath: { value: binary } })
process.exitCode = await runCli(words, context)
