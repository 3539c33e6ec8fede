import { setTimeout as wait } from 'node:timers/promises'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromIni } from '@aws-sdk/credential-providers'

/** `-` is the default chain, a profile an explicit `fromIni`. */
export function clientOf(profile: string): STSClient {
  return new STSClient(profile === '-' ? {} : { profile, credentials: fromIni({ profile }) })
}

export async function callerArn(client: STSClient): Promise<string | undefined> {
  return (await client.send(new GetCallerIdentityCommand({}))).Arn
}

/**
 * sts:GetCallerIdentity through the JS SDK: PROFILE|- [CALLS [SECONDS_BETWEEN]], one JSON line a call. Exit 1 with
 * `{"error": …}` at the first failure.
 */
async function main([profile = '-', calls = '1', pause = '0']: readonly string[]): Promise<void> {
  const say = (fields: Record<string, unknown>) => console.log(JSON.stringify({ sdk: 'js-v3', ...fields }))
  try {
    const client = clientOf(profile)
    for (let call = 0; call < Number(calls); call++) {
      if (call > 0) await wait(Number(pause) * 1000)
      say({ arn: await callerArn(client) })
    }
  } catch (error) {
    say({ error: (error as Error).message })
    process.exitCode = 1
  }
}

if (import.meta.main) await main(process.argv.slice(2))
