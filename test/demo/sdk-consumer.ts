import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromIni } from '@aws-sdk/credential-provider-ini'

// Stands in for `aws sts get-caller-identity`: PROFILE and ENDPOINT as arguments, the ARN on stdout.
const [profile = 'default', endpoint = ''] = process.argv.slice(2)
const client = new STSClient({ region: 'eu-west-1', endpoint, credentials: fromIni({ profile }) })
const { Arn } = await client.send(new GetCallerIdentityCommand({}))
process.stdout.write(`${Arn}\n`)
