import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { runChild } from './children.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** A program that reads `~/.aws/config` by itself and calls STS with what it finds there. */
export interface Consumer {
  readonly name: string
  readonly program: string
  /** What asks for the ARN of a profile at the endpoint, and nothing else. */
  args(profile: string, endpoint: string): readonly string[]
  /** The same as a person would type it. */
  typed(profile: string, endpoint: string): string
}

/** The first `aws` on PATH that works with `env` (its own HOME), else the JS SDK of the dev dependencies. */
export async function findConsumer(
  env: Readonly<Record<string, string>>,
  path: string,
  signal?: AbortSignal,
): Promise<Consumer> {
  for (const program of await awsPrograms(path)) {
    const asked = await runChild(program, ['--version'], { env, ...(signal === undefined ? {} : { signal }) }).catch(
      (error: unknown) => {
        if (signal?.aborted) throw error
        return null
      },
    )
    const name = /^aws-cli\/\d[\w.]*/.exec(asked?.code === 0 ? asked.out || asked.err : '')?.[0]
    if (name !== undefined) return awsCli(program, name.replace('/', ' '))
  }
  return sdk()
}

function awsCli(program: string, name: string): Consumer {
  // Debian's 2.9.19 reads no AWS_ENDPOINT_URL: the option works everywhere.
  const args = (profile: string, endpoint: string) => [
    ...['sts', 'get-caller-identity', '--profile', profile, '--query', 'Arn', '--output', 'text'],
    ...['--endpoint-url', endpoint],
  ]
  return { name, program, args, typed: (...given) => `aws ${args(...given).join(' ')}` }
}

function sdk(): Consumer {
  const text = readFileSync(join(ROOT, 'node_modules/@aws-sdk/client-sts/package.json'), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  const args = (profile: string, endpoint: string) => [
    resolve(import.meta.dirname, 'sdk-consumer.ts'),
    profile,
    endpoint,
  ]
  return {
    name: `AWS SDK for JavaScript ${version} (no AWS CLI works here)`,
    program: process.execPath,
    args,
    typed: (...given) => `node test/demo/sdk-consumer.ts ${given.join(' ')}`,
  }
}

async function awsPrograms(path: string): Promise<string[]> {
  const name = process.platform === 'win32' ? 'aws.exe' : 'aws'
  const found: string[] = []
  for (const folder of path.split(delimiter).filter((each) => each !== '')) {
    const file = join(folder, name)
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue
    // pyenv's shim finds its Python through HOME, which is another one here.
    const behind = folder.endsWith('shims') ? await behindShim() : null
    found.push(behind ?? file)
  }
  return found
}

async function behindShim(): Promise<string | null> {
  try {
    return (await promisify(execFile)('pyenv', ['which', 'aws'])).stdout.trim() || null
  } catch {
    // Another tool's shim, or a Python without it: the shim itself is tried.
    return null
  }
}
