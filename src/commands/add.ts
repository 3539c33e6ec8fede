import { usageError } from '../core/arguments.ts'
import { isPortableProfileName } from '../core/command-line.ts'
import type { Context, Terminal } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { type KeyPair, looksLikeKey } from '../core/key-input.ts'
import type { LongLivedKey } from '../core/session.ts'
import { namedPartition } from '../core/sts-endpoint.ts'
import { at } from '../core/sts-limits.ts'
import { isRegionName, partitionOfRegion } from '../core/sts-region.ts'
import { maskedKeyId, quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { shortPath } from '../io/screen.ts'
import { DamagedItemError, HiddenItemError } from '../keychain/item-errors.ts'
import { readKey, writeKey } from '../keychain/session-items.ts'
import type { Store } from '../keychain/store.ts'
import { callSettingsOf } from './session/call-settings-of.ts'
import { chooseStore } from './session/choose-store.ts'
import { forgetFailure, forgetFailuresForPerson } from './session/failures.ts'
import { dropSessions, sessionsOfKey } from './session/key-sessions.ts'
import { typedTerminal } from './session/open-store.ts'
import { keyOrigin, readKeys } from './session/read-keys.ts'
import { withKeyLock } from './session/single-flight.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

const LOCK_WAIT_MS = 5_000

export const verb: Verb = {
  name: 'add',
  about: "Puts an IAM user's access key into the keychain or the vault, typed hidden or read from stdin",
  usage: 'aws-cred add NAME [options]',
  positionals: ['NAME'],
  options: {
    stdin: { type: 'boolean', about: "read two lines (id, secret) or the CSV of IAM's console from stdin" },
    region: {
      type: 'string',
      value: 'REGION',
      about: 'where the key is verified; needed for China, GovCloud and the like',
    },
    'no-verify': { type: 'boolean', about: 'store it without asking AWS whose it is' },
    replace: { type: 'boolean', about: 'put it in the place of a key that is there, without asking' },
  },
  examples: [
    'aws-cred add user1',
    'aws-cred add user1 --stdin < user1_accessKeys.csv',
    'aws-cred add user1 --replace',
    'aws-cred add china --region cn-north-1',
  ],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there, 130 Ctrl-C',
  run,
}

/** What is stored under the name before: null for nothing; no generation where it cannot be read. */
interface Present {
  readonly key: LongLivedKey | null
  readonly keyId: string
}

interface Identity {
  readonly partition: string
  readonly accountId: string | null
  readonly arn: string | null
  readonly userName: string | null
}

async function run(given: Arguments, context: Context): Promise<void> {
  const name = nameOf(given, context.platform)
  checkRegion(given.text('region'))
  const terminal = typedTerminal(context)
  const origin = keyOrigin(name, given.flag('stdin'), terminal)
  const { workspace, store } = await chooseStore(openWorkspace(context), terminal)
  const present = await presentKey(workspace, store, name)
  if (present !== null && !given.flag('replace')) await askToReplace(name, present, terminal)
  const pair = await readKeys(context, origin)
  const identity = await identityOf(workspace, name, pair, given)
  const key: LongLivedKey = {
    name,
    generation: process.getBuiltinModule('node:crypto').randomBytes(16).toString('hex'),
    ...pair,
    ...identity,
    addedMs: context.nowMs(),
  }
  await put(workspace, store, key, given.flag('replace') ? 'any' : (present?.key?.generation ?? null))
  forgetFailuresForPerson(workspace)
  const who = identity.arn === null ? ', not verified,' : ` of ${shown(identity.arn, 300)}`
  context.err(`stored ${maskedKeyId(key.accessKeyId)}${who} as ${quoted(name)}\n`)
  warn(workspace, key)
}

/** A key's name is that of a profile too, so that it must be one that `setup` would write. */
function nameOf(given: Arguments, platform: string): string {
  const name = given.positionals[0] as string
  if (name === '') throw usageError(verb, 'NAME is empty')
  if (name.length > 200 || /\p{Cc}/u.test(name)) throw usageError(verb, 'NAME is too long or holds control characters')
  if (!looksLikeKey(name)) {
    if (isPortableProfileName(name, platform)) return name
    // Not quoted: it may be a key with something around it.
    throw new CredError('usage', 'cannot run add: NAME is not a name that every AWS tool reads', {
      hint: `a name is made of letters, digits and _./${platform === 'win32' ? '' : '%'}@:+ and of - after the first`,
    })
  }
  throw new CredError('usage', 'cannot run add: NAME looks like a key, which the command line would leave behind', {
    hint: 'take it out of the shell history; the key is asked for hidden: aws-cred add NAME',
  })
}

function checkRegion(region: string | undefined): void {
  if (region === undefined || isRegionName(region)) return
  throw usageError(verb, `--region ${quoted(region, 40)} is not a region's name`)
}

async function presentKey(workspace: Workspace, store: Store, name: string): Promise<Present | null> {
  const keyId = workspace.index.read('key', name)?.accessKeyIdMasked
  try {
    const key = await readKey(store, name)
    return key === null ? null : { key, keyId: maskedKeyId(key.accessKeyId) }
  } catch (error) {
    // Replacing mends both: a locked keychain refuses the writing by itself.
    if (error instanceof DamagedItemError || error instanceof HiddenItemError) {
      return { key: null, keyId: keyId === undefined ? 'the key' : shown(keyId, 20) }
    }
    throw error
  }
}

async function askToReplace(name: string, present: Present, terminal: Terminal | null): Promise<void> {
  const hint = { hint: `aws-cred add ${shown(name)} --stdin --replace` }
  if (terminal === null) {
    throw new CredError('person', `cannot add ${quoted(name)}: it holds ${present.keyId} already`, hint)
  }
  const answer = await terminal.ask(`replace ${present.keyId} of ${quoted(name)}? [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new CredError('failed', `cannot add ${quoted(name)}: the answer was no`)
}

/** Whose key it is, by STS's own word; unknown but for the partition with `--no-verify`. */
async function identityOf(workspace: Workspace, name: string, pair: KeyPair, given: Arguments): Promise<Identity> {
  const region = given.text('region')
  const typedRegion = region === undefined ? undefined : { value: region, from: '--region' }
  const plan = { servedProfile: name }
  const partition = region === undefined ? namedPartition(callSettingsOf(workspace, plan)) : partitionOfRegion(region)
  if (given.flag('no-verify')) return { partition, accountId: null, arn: null, userName: null }
  const [{ stsCall }, { getCallerIdentity }] = await Promise.all([
    import('./session/call-sts.ts'),
    import('../aws/sts-calls.ts'),
  ])
  const purpose = `verify the key for ${quoted(name)}`
  const asked = { keys: { ...pair, sessionToken: null }, purpose, profile: name, signer: name, typedRegion }
  const call = stsCall(workspace, plan, { partition }, asked)
  const { arn, accountId } = await getCallerIdentity(call).catch((error: unknown) => {
    throw withCure(error, name)
  })
  const userName = /:user\/(?:[^/]*\/)*([^/]+)$/.exec(arn)?.[1] ?? null
  return { partition: arn.split(':')[1] || partition, accountId, arn, userName }
}

/** The cures of `sts-errors.ts` speak of a key that is stored already; this one is not yet. */
function withCure(error: unknown, name: string): unknown {
  if (!(error instanceof CredError)) return error
  const stsCode = (error.cause as { readonly stsCode?: unknown } | undefined)?.stsCode
  const again = `aws-cred add ${shown(name)}`
  const hint =
    stsCode === undefined
      ? `store it without asking AWS: ${again} --no-verify`
      : stsCode === 'InvalidClientTokenId'
        ? `it is mistyped, switched off, or of another partition: ${again} --region cn-north-1`
        : error.hint?.replace(' --replace', '')
  return new CredError(error.code, error.message, { cause: error.cause, ...(hint === undefined ? {} : { hint }) })
}

/** Under the key's lock. `replaces` is the generation that the person let go, `any` of them with `--replace`; the old key's sessions go with it. */
async function put(workspace: Workspace, store: Store, key: LongLivedKey, replaces: string | null): Promise<void> {
  const { index } = workspace
  await withKeyLock(workspace, key.name, { waitMs: LOCK_WAIT_MS }, async () => {
    const present = await presentKey(workspace, store, key.name)
    if (present !== null && replaces !== 'any' && (present.key?.generation ?? null) !== replaces) {
      throw new CredError('failed', `cannot add ${quoted(key.name)}: another aws-cred has just put a key there`)
    }
    const noted = index.read('key', key.name)?.generation
    const generations = [present?.key?.generation, noted].filter((each) => typeof each === 'string')
    const old = sessionsOfKey(workspace, new Set(generations), present?.key ?? null)
    await writeKey(store, index, key)
    forgetFailure(workspace, key.name)
    try {
      await dropSessions(workspace, store, [...old.noted, ...old.possible])
    } catch (error) {
      // They are never served for the new key, and end by themselves.
      if (!(error instanceof CredError)) throw error
    }
  })
}

function warn({ context, files }: Workspace, key: LongLivedKey): void {
  if (key.arn?.endsWith(':root')) {
    context.err(
      'aws-cred: warning: that is a root key, which can do everything and assume no role; make an IAM user instead\n',
    )
  }
  const line = files.profiles.profiles.get(key.name)?.properties.get('aws_access_key_id')
  if (line === undefined) return
  const where = shown(at({ path: shortPath(line.path, context), line: line.line }), 300)
  context.err(
    `aws-cred: warning: ${where} gives keys of ${quoted(key.name)} too; tools that read the file still take those\n`,
  )
}
