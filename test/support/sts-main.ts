import { exampleWorld, startSts } from './sts.ts'

/**
 * `npm run sts [-- PORT]`: the emulator alone, until Ctrl-C or SIGTERM. Prints what to paste into a shell and into
 * `~/.aws/config` to try it. The key it prints is made up at each start and good nowhere else.
 */
const port = Number(process.argv[2] ?? 0)
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write('sts: error: the port must be a number from 0 to 65535\n')
  process.exit(2)
}

const world = exampleWorld()
const { alice, arns } = world
const sts = await startSts({ ...world, port }).catch((error: NodeJS.ErrnoException) => {
  const why = error.code === 'EADDRINUSE' ? 'it is taken' : String(error.code)
  process.stderr.write(`sts: error: cannot listen on port ${port}: ${why}\n`)
  process.exit(1)
})

process.stdout.write(`STS emulator on ${sts.url} (Ctrl-C ends it; GET ${sts.url}/_counts shows the calls)

# for the shell
export AWS_ENDPOINT_URL_STS=${sts.url} AWS_REGION=eu-west-1
export AWS_ACCESS_KEY_ID=${alice.accessKeyId}
export AWS_SECRET_ACCESS_KEY=${alice.secret}
aws sts get-caller-identity --endpoint-url ${sts.url}

# for ~/.aws/config, with the two lines above given to: aws-cred add alice
[profile prod]
region = eu-west-1
role_arn = ${arns.prod}
source_profile = alice

# roles: ${Object.values(arns)
  .map((arn) => arn.slice(arn.indexOf('/') + 1))
  .join(' ')}
# MFA serial ${alice.mfaSerial}: curl '${sts.url}/_mfa?${alice.mfaSerial}'
`)

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void sts.close().then(() => process.exit(0))
  })
