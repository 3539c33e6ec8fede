import type { Context, Terminal } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { looksLikeKey } from '../core/keys/key-input.ts'
import { checkedKeyName, keyTypedError } from '../core/keys/key-name.ts'
import { refuseKeysBeside } from '../core/keys/keys-beside.ts'
import { isPlainWord, pasteable } from '../core/paste.ts'
import { at } from '../core/plan/sts-limits.ts'
import type { LongLivedKey } from '../core/session.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { shortPath } from '../io/screen.ts'
import { forgetFailuresForPerson } from './session/failures.ts'
import { checkRegion, identifyKey, unverifiedIdentity } from './session/keys/identify-key.ts'
import { keyOrigin, readKeys } from './session/keys/read-keys.ts'
import { newKey, type PresentKey, presentKey, storedText, storeKey } from './session/keys/store-key.ts'
import { chooseStore } from './session/store/choose-store.ts'
import { typedTerminal } from './session/store/open-store.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

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
  unwanted([name = '']) {
    return keyTypedError(verb, isPlainWord(name) && name.length < 32 && !looksLikeKey(name) ? name : 'NAME')
  },
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const name = checkedKeyName(verb, given.positionals[0] as string, context.platform)
  const region = given.text('region')
  checkRegion(verb, region)
  refuseOtherKind(openWorkspace(context), name, given.flag('stdin') ? ' --stdin' : '')
  const terminal = typedTerminal(context)
  const origin = keyOrigin(name, given.flag('stdin'), terminal)
  const { workspace, store } = await chooseStore(openWorkspace(context), terminal)
  const present = await presentKey(workspace, store, name)
  if (present !== null && !given.flag('replace')) await askToReplace(name, present, terminal)
  const pair = await readKeys(context, origin)
  const again = pasteable`aws-cred add ${name}`
  const identity = given.flag('no-verify')
    ? unverifiedIdentity(workspace, name, region ?? null)
    : await identifyKey(workspace, name, pair, { region: region ?? null, again, drop: null })
  const key = newKey(name, pair, identity, context.nowMs())
  await storeKey(workspace, store, key, {
    replaces: given.flag('replace') ? 'any' : (present?.key?.generation ?? null),
  })
  forgetFailuresForPerson(workspace)
  context.err(storedText(key))
  warnOfFile(workspace, key)
}

/** Before anything is asked or read, so that no keys are typed in vain. */
function refuseOtherKind(workspace: Workspace, name: string, more: string): void {
  const { context, files, index } = workspace
  refuseKeysBeside(name, files.profiles, {
    platform: context.platform,
    more,
    hasKeys: (each) => index.known('key', each) !== null,
    showPath: (path) => shown(shortPath(path, context), 300),
  })
}

async function askToReplace(name: string, present: PresentKey, terminal: Terminal | null): Promise<void> {
  const hint = { hint: pasteable`aws-cred add ${name} --stdin --replace` }
  if (terminal === null) {
    throw new CredError('person', `cannot add ${quoted(name)}: it holds ${present.keyId} already`, hint)
  }
  const answer = await terminal.ask(`replace ${present.keyId} of ${quoted(name)}? [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new CredError('failed', `cannot add ${quoted(name)}: the answer was no`)
}

function warnOfFile({ context, files }: Workspace, { name }: LongLivedKey): void {
  const line = files.profiles.profiles.get(name)?.properties.get('aws_access_key_id')
  if (line === undefined) return
  const where = shown(at({ path: shortPath(line.path, context), line: line.line }), 300)
  context.err(
    `aws-cred: warning: ${where} gives keys of ${quoted(name)} too; tools that read the file still take those${pasteable`: aws-cred import ${name}` ?? ''}\n`,
  )
}
