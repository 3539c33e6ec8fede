import { readFileSync, writeFileSync } from 'node:fs'
import { parseIni } from '../../src/core/ini.ts'
import { stsPlace } from '../../src/core/network/sts-endpoint.ts'
import { mergeProfiles } from '../../src/core/profiles.ts'
import { openIndex } from '../../src/io/state-index.ts'
import type { Command } from './interleave.ts'

/** What `newWorld` has made: its environment names the endpoint, and its config two profiles. */
interface World {
  readonly env: NodeJS.ProcessEnv
  readonly config: string
}

/**
 * The same hit twice: with a profile that says nothing of regions and endpoints beyond the variable, and with one where
 * every setting is said, in lines and in variables. Both find the same session.
 */
export function settingsCommands(world: World, hit: readonly string[]): readonly [Command, Command] {
  const { AWS_ENDPOINT_URL_STS: url = '' } = world.env
  const profiles = readFileSync(world.config, 'utf8')
  const said = `region = eu-west-1
aws_cred_region = eu-west-2
services = dev
endpoint_url = https://elsewhere.example
ignore_configured_endpoint_urls = false
use_fips_endpoint = false
use_dualstack_endpoint = false
sts_regional_endpoints = regional
ca_bundle = /etc/ssl/certs/ca-certificates.crt
`
  const services = Array.from(
    { length: 20 },
    (_, i) => `[services s${i}]\nsts =\n  endpoint_url = https://s${i}.example\n`,
  )
  const dev = `[services dev]\ns3 =\n  endpoint_url = https://s3.example\nsts =\n  endpoint_url = ${url}\n`
  const all = `${world.config}-settings`
  writeFileSync(all, `${profiles}\n[profile prod]\n${said}${services.join('')}${dev}`)
  const without = `${world.config}-services`
  // As much to read, and nothing of it about this profile.
  writeFileSync(without, `${profiles}\n[profile other]\n${said}${services.join('')}${dev}`)
  const variables = ['AWS_REGION=eu-west-3', 'AWS_USE_FIPS_ENDPOINT=false', 'HTTPS_PROXY=http://proxy.example:3128']
  const others = ['A_REGION=eu-west-3', 'A_USE_FIPS_ENDPOINT=false', 'A_PROXY=http://proxy.example:3128']
  const through = (config: string, less: string, more: readonly string[]) => [
    '/usr/bin/env',
    '-u',
    less,
    `AWS_CONFIG_FILE=${config}`,
    ...more,
    ...hit,
  ]
  return [
    { name: 'hit, endpoint by one variable', argv: through(without, 'A_ENDPOINT_URL_STS', others) },
    { name: 'hit, every setting of region and endpoint', argv: through(all, 'AWS_ENDPOINT_URL_STS', variables) },
  ]
}

/**
 * Microseconds for the endpoint's settings and for the note of the clock: of 100 times the median, all but the first compiled and few
 * of them optimized, as in the executable, whose functions come compiled.
 */
export function microseconds(folder: string): { readonly endpoint: number; readonly clock: number } {
  const text = '[profile prod]\nservices = dev\n[services dev]\nsts =\n  endpoint_url = https://sts.example\n'
  const index = openIndex(folder)
  index.write('clock', 'sts.example', { name: 'sts.example', offsetMs: 0, wallMs: 1, uptimeS: 1 })
  const profiles = mergeProfiles(parseIni(text, { kind: 'config', path: '/c' }), null)
  const timed = (work: () => unknown) => {
    const times = Array.from({ length: 100 }, () => {
      const start = performance.now()
      work()
      return (performance.now() - start) * 1000
    })
    return times.sort((a, b) => a - b)[50] as number
  }
  return {
    endpoint: timed(() => stsPlace({ env: process.env, profiles, profile: 'prod' }, 'aws')),
    clock: timed(() => index.read('clock', 'sts.example')),
  }
}
