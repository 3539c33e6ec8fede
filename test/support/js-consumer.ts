import { setTimeout as wait } from 'node:timers/promises'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromIni } from '@aws-sdk/credential-providers'

/**
 * sts:GetCallerIdentity through the JS SDK: PROFILE|- [CALLS [SECONDS_BETWEEN]], one JSON line a call. `-` is the
 * default chain, a profile an explicit `fromIni`. Exit 1 with `{"error": …}` at the first failure.
 */
const [profile = '-', calls = '1', pause = '0'] = process.argv.slice(2)
const say = (fields: Record<string, unknown>) => console.log(JSON.stringify({ sdk: 'js-v3', ...fields }))
try {
  const client = new STSClient(profile === '-' ? {} : { profile, credentials: fromIni({ profile }) })
  for (let call = 0; call < Number(calls); call++) {
    if (call > 0) await wait(Number(pause) * 1000)
    const { Arn: arn } = await client.send(new GetCallerIdentityCommand({}))
    say({ arn })
  }
} catch (error) {
  say({ error: (error as Error).message })
  process.exitCode = 1
}
