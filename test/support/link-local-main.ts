import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVault } from '../../src/keychain/vault-header.ts'
import { processOf, writeConfig } from './e2e-place.ts'
import { startRootServices } from './root-services.ts'
import { exampleWorld, startSts } from './sts.ts'

/**
 * For a network namespace in which loopback has AWS's own addresses: runs the binary (the one argument) for a
 * container's relative URI and for an instance without any endpoint setting, and prints what it answered.
 */
const [binary = ''] = process.argv.slice(2)
const home = mkdtempSync(join(tmpdir(), 'aws-cred-link-local-'))
try {
  const world = exampleWorld()
  const sts = await startSts(world)
  const passphrase = 'a passphrase for link-local tests'
  await createVault(join(home, '.local/state/aws-cred/vault'), passphrase, { n: 16, r: 1, p: 1 })
  const env = {
    HOME: home,
    PATH: '/usr/bin:/bin',
    AWS_CRED_STORE: 'vault',
    AWS_CRED_PASSPHRASE: passphrase,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/container/v2?id=1',
    // A proxy that nobody runs: these addresses must not go through one.
    HTTP_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
  }
  const place = { home, env, sts, world, binary }
  const answers: unknown[] = []
  for (const [host, source] of [
    ['169.254.170.2', 'EcsContainer'],
    ['169.254.169.254', 'Ec2InstanceMetadata'],
  ] as const) {
    const services = await startRootServices(sts, world.arns.middle, { host, port: 80 })
    writeConfig(place, `[profile hop]\nrole_arn = ${world.arns.chained}\ncredential_source = ${source}\n`)
    const { code, err } = await processOf(place, 'hop')
    answers.push({ source, code, err, counts: services.counts })
    await services.close()
  }
  console.log(JSON.stringify(answers))
  await sts.close()
} finally {
  rmSync(home, { recursive: true, force: true })
}
