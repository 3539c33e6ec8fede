import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Document, E2ePlace } from './e2e-place.ts'

/** Whose credentials a document holds, as STS itself says. */
export async function callerOf({ sts }: E2ePlace, document: Document): Promise<string> {
  const client = new STSClient({
    region: 'us-east-1',
    endpoint: sts.url,
    credentials: {
      accessKeyId: document.AccessKeyId,
      secretAccessKey: document.SecretAccessKey,
      ...(document.SessionToken === undefined ? {} : { sessionToken: document.SessionToken }),
    },
  })
  try {
    return (await client.send(new GetCallerIdentityCommand({}))).Arn ?? ''
  } finally {
    client.destroy()
  }
}
