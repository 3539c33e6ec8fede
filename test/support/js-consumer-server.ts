import { createInterface } from 'node:readline'
import { callerArn, clientOf } from './js-consumer.ts'

/** As consumer-server.py, for js-consumer.ts: the runs follow each other in this one process, each with its own environment. */
for await (const line of createInterface({ input: process.stdin })) {
  const { argv, env } = JSON.parse(line) as { argv: string[]; env: Record<string, string> }
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.chdir(env.HOME ?? '/')
  const answer = await callerArn(clientOf(argv[1] ?? '-')).then(
    (arn) => ({ code: 0, text: JSON.stringify({ arn }) }),
    (error: Error) => ({ code: 1, text: JSON.stringify({ error: error.message }) }),
  )
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
