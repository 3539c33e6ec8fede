import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import {
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVault } from '../../src/keychain/vault-header.ts'
import { BINARY, ensureBuilt } from './built-binary.ts'
import type { Keyring } from './keyring.ts'
import type { Owner } from './pty.ts'
import { type ExampleWorld, exampleWorld, type Sts, type StsUser, startSts } from './sts.ts'

export const PASSPHRASE = 'a passphrase for e2e tests'
const CHEAP = { n: 16, r: 1, p: 1 }

/** One home with a store and STS: the built binary runs in it with nothing else of this machine's environment. */
export interface E2ePlace {
  readonly home: string
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
  readonly sts: Sts
  readonly world: ExampleWorld
  readonly binary: string
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export interface RunOptions {
  readonly stdin?: string
  /** On top of the place's own; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

let copied: string | null = null

/** The executable, copied alone into a folder of this test file's own: another build may replace the one in dist. */
export function ownBinary(): string {
  if (copied !== null) return copied
  ensureBuilt()
  const folder = temporaryFolder('binary')
  copied = join(folder, 'aws-cred')
  copyFileSync(BINARY, copied, constants.COPYFILE_FICLONE)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return copied
}

function temporaryFolder(what: string): string {
  return mkdtempSync(join(tmpdir(), `aws-cred-e2e-${what}-`))
}

/** A place whose store is a vault that is cheap to open. */
export async function vaultPlace(t: Owner, alice: Partial<StsUser> = {}): Promise<E2ePlace> {
  const home = temporaryFolder('home')
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const key = await createVault(join(home, '.local/state/aws-cred/vault'), PASSPHRASE, CHEAP)
  const keyFile = join(home, 'vault-key')
  writeFileSync(keyFile, key.toString('base64'), { mode: 0o600 })
  const env = { HOME: home, PATH: '/usr/bin:/bin', AWS_CRED_STORE: 'vault', AWS_CRED_VAULT_KEY_FILE: keyFile }
  return withSts(t, { home, env }, alice)
}

/** A place whose store is the keyring given, under a service name of its own. */
export async function keychainPlace(
  t: Owner,
  keyring: Pick<Keyring, 'env'>,
  alice: Partial<StsUser> = {},
): Promise<E2ePlace> {
  const { HOME: home = '' } = keyring.env
  const service = `aws-cred-e2e-${process.pid}`
  const env = { ...keyring.env, AWS_CRED_STORE: 'keychain', AWS_CRED_KEYCHAIN_SERVICE: service }
  return withSts(t, { home, env }, alice)
}

async function withSts(
  t: Owner,
  { home, env }: { home: string; env: Readonly<Record<string, string>> },
  alice: Partial<StsUser>,
): Promise<E2ePlace> {
  const world = exampleWorld(alice)
  const sts = await startSts(world)
  t.after(() => sts.close())
  return { home, env: { ...env, AWS_ENDPOINT_URL_STS: sts.url }, sts, world, binary: ownBinary() }
}

/** Starts a program in the place; its stdin is closed unless given. */
export function startIn(place: E2ePlace, command: readonly string[], options: RunOptions = {}): Started {
  const env = definedOf({ ...place.env, ...options.env })
  const [program = '', ...args] = command
  const child = spawn(program, args, { env, cwd: place.home, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    err += chunk
  })
  // It may end before it has read its stdin.
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, out, err }))
  })
  return { child, ended }
}

export function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
}

export async function runIn(place: E2ePlace, command: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return startIn(place, command, options).ended
}

/** Runs a verb of the binary. */
export async function verb(place: E2ePlace, words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runIn(place, [place.binary, ...words], options)
}

export async function processOf(place: E2ePlace, profile: string, options: RunOptions = {}): Promise<Ended> {
  return verb(place, ['process', '--profile', profile, '--no-prompt'], options)
}

export function writeConfig(
  place: Pick<E2ePlace, 'home'>,
  text: string,
  name: 'config' | 'credentials' = 'config',
): void {
  mkdirSync(join(place.home, '.aws'), { recursive: true })
  writeFileSync(join(place.home, '.aws', name), text, { mode: 0o600 })
}

/** `one`: a role by user1's key. `two`: a second role by the first. `user1` itself has no section. */
export function chainConfig({ arns }: ExampleWorld): string {
  return `[profile one]
aws_cred_role_arn = ${arns.middle}
aws_cred_source_profile = user1
[profile two]
aws_cred_role_arn = ${arns.chained}
aws_cred_source_profile = one
`
}

/** Stores a key under `user1` with the binary itself. */
export async function addKey(
  place: E2ePlace,
  user: Pick<StsUser, 'accessKeyId' | 'secret'> = place.world.alice,
  flags: readonly string[] = [],
): Promise<void> {
  const stdin = `${user.accessKeyId}\n${user.secret}\n`
  const { code, err } = await verb(place, ['add', 'user1', '--stdin', ...flags], { stdin })
  assert.equal(code, 0, err)
}

/** The usual start: two profiles, the key stored, counts at zero. */
export async function readyPlace(place: E2ePlace): Promise<E2ePlace> {
  writeConfig(place, chainConfig(place.world))
  await addKey(place)
  place.sts.reset()
  return place
}

export interface Document {
  readonly Version: 1
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken?: string
  readonly Expiration?: string
  readonly AccountId?: string
}

/** What a success printed: one document and a newline, nothing on stderr, every field as the contract has it. */
export function documentOf({ code, signal, out, err }: Ended): Document {
  assert.deepEqual({ code, signal, err }, { code: 0, signal: null, err: '' })
  assert.ok(out.endsWith('}\n') && out.indexOf('\n') === out.length - 1, 'one line')
  assert.ok(out.length < 8_000, 'all consumers read so much')
  const document = JSON.parse(out) as Document
  assert.equal(JSON.stringify(document), out.trim(), 'one plain object')
  assert.equal(document.Version, 1)
  assert.match(document.AccessKeyId, /^A(KIA|SIA)[A-Z2-7]{16}$/)
  assert.match(document.SecretAccessKey, /^.{40}$/)
  if (document.SessionToken !== undefined) assert.match(document.SessionToken, /^.{100,}$/)
  if (document.Expiration !== undefined) assert.match(document.Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  return document
}

/** What a failure printed: nothing on stdout, one error line and at most one hint. Gives the message. */
export function failureOf({ code, signal, out, err }: Ended, wanted: number): string {
  assert.deepEqual({ code, signal, out }, { code: wanted, signal: null, out: '' }, err)
  assert.match(err, /^aws-cred: error: [^\n]+\n(aws-cred: hint: [^\n]+\n)?$/)
  assert.doesNotMatch(err, /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
  return err
}

/** Every file below the folders, sockets and links left out. */
export function filesBelow(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
}

/** The files that hold one of the secrets, in any of the ways in which text is usually written down. */
export function filesHolding(secrets: readonly string[], files: readonly string[]): string[] {
  const needles = secrets.flatMap((secret) => {
    const bytes = Buffer.from(secret)
    return [secret, bytes.toString('base64'), bytes.toString('hex'), encodeURIComponent(secret)]
  })
  return files.filter((file) => {
    const bytes = readFileSync(file)
    return needles.some((needle) => bytes.includes(needle))
  })
}
