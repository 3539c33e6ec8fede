import { usageError } from '../core/arguments.ts'
import type { Context, Terminal } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import type { ImportPlan } from '../core/keys/import-plan.ts'
import { checkedKeyName } from '../core/keys/key-name.ts'
import { pasteable, withCommand } from '../core/paste.ts'
import { plainRequest } from '../core/setup/setup-request.ts'
import { linesText } from '../core/table.ts'
import { listed, maskedKeyId, quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { checkReplaceable } from '../io/replace-file.ts'
import { shortPath } from '../io/screen.ts'
import { chooseImport, type ImportChoice, type ImportWish } from './import/choose-import.ts'
import { copiesOf, leftLines, linkLines, OUT_OF_REACH, untouchedCopies } from './import/left-lines.ts'
import { storePairs } from './import/store-pairs.ts'
import { takeOut } from './import/take-out.ts'
import { checkFilesAreOurs } from './session/config-edits.ts'
import { forgetFailuresForPerson } from './session/failures.ts'
import { checkRegion } from './session/keys/identify-key.ts'
import { typedTerminal } from './session/store/open-store.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'import',
  about: 'Moves access keys out of ~/.aws/credentials and ~/.aws/config into the keychain or the vault',
  usage: 'aws-cred import [PROFILE...] [options]',
  positionals: ['PROFILE…'],
  options: {
    all: { type: 'boolean', about: 'every profile that has keys there' },
    'drop-session': { type: 'boolean', about: 'take out the lines of a session, which is never stored' },
    'drop-key': { type: 'boolean', about: 'take out the lines of a key that AWS does not know any more' },
    'dry-run': { type: 'boolean', about: 'show what would be done, and write nothing' },
    region: { type: 'string', value: 'REGION', about: "where keys are verified, if not in the profile's region" },
    'no-verify': { type: 'boolean', about: 'store keys without asking AWS whose they are' },
    'no-setup': { type: 'boolean', about: 'write no credential_process line: AWS tools then find no credentials' },
    replace: { type: 'boolean', about: 'put keys in the place of others that are stored under their names' },
    yes: { type: 'boolean', about: 'do it without showing the change and asking' },
  },
  examples: [
    'aws-cred import user1',
    'aws-cred import --all --dry-run',
    'aws-cred import --all',
    'aws-cred import old --drop-session',
  ],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there, 130 Ctrl-C',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const wish = wishOf(given, context)
  const workspace = openWorkspace(context)
  checkFilesAreOurs(workspace)
  const terminal = typedTerminal(context)
  const choice = await chooseImport(workspace, wish, terminal)
  if (choice.plan !== null) await carryOut(workspace, wish, choice, choice.plan, terminal)
  else {
    const namesRest = wish.takes === 'keys' && wish.names === 'all'
    const left = namesRest ? leftLines(workspace, null, untouchedCopies(workspace), choice.told) : []
    context.err(linesText([...choice.notes, ...left], terminal?.columns ?? null))
  }
  const [first, second] = choice.left
  if (first === undefined) return
  const names = listed(choice.left.map(({ profile }) => profile))
  const state = `${second === undefined ? 'it stays' : 'they stay'} in the files, for the reason said above`
  const hint = second === undefined && first.error.hint !== null ? { hint: first.error.hint } : {}
  throw new CredError('failed', `cannot import ${names}: ${state}`, hint)
}

function wishOf(given: Arguments, context: Context): ImportWish {
  const names = given.positionals.map((name) => checkedKeyName(verb, name, context.platform))
  if (names.length > 0 && given.flag('all')) throw usageError(verb, '--all and names do not go together')
  const drops = given.flag('drop-session')
  const dropsKey = given.flag('drop-key')
  for (const [name, excluded] of [
    ['drop-session', ['drop-key', 'region', 'no-verify', 'no-setup', 'replace']],
    // Nor --yes: what is lost is to be seen before.
    ['drop-key', ['all', 'no-verify', 'no-setup', 'replace', 'yes']],
  ] as const) {
    const other = given.flag(name) ? excluded.find((each) => given.flag(each)) : undefined
    if (other !== undefined) throw usageError(verb, `--${name} and --${other} do not go together`)
  }
  const region = given.text('region')
  checkRegion(verb, region)
  const options = [...(region === undefined ? [] : [`--region ${region}`])]
  for (const name of ['drop-session', 'drop-key', 'no-verify', 'no-setup', 'replace'])
    if (given.flag(name)) options.push(`--${name}`)
  return {
    names: given.flag('all') ? 'all' : [...new Set(names)],
    takes: drops ? 'session' : dropsKey ? 'dead-key' : 'keys',
    isDryRun: given.flag('dry-run'),
    isAsked: !given.flag('yes'),
    region: region ?? null,
    verifies: !given.flag('no-verify'),
    replaces: given.flag('replace'),
    setupOf: given.flag('no-setup') ? null : (profile) => plainRequest(profile, context),
    options,
  }
}

async function carryOut(
  workspace: Workspace,
  wish: ImportWish,
  { identities, notes, told }: ImportChoice,
  plan: ImportPlan,
  terminal: Terminal | null,
): Promise<void> {
  const { context, files } = workspace
  for (const path of plan.takenFrom) checkReplaceable(path)
  if (plan.config.steps.length > 0) checkReplaceable(files.configPath)
  const copies = copiesOf(workspace, plan)
  const before = [...notes, ...linkLines(workspace, copies)]
  if (wish.isDryRun) {
    const all = [...before, ...leftLines(workspace, plan, copies, told)]
    context.out(changeText(wish, plan, identities, all, null))
    return
  }
  if (wish.isAsked) await ask(context, wish, plan, changeText(wish, plan, identities, before, terminal), terminal)
  else context.err(linesText(before, terminal?.columns ?? null))
  const { replaces, isAsked: wasAsked } = wish
  const storing = { replaces, terminal }
  const stored = wish.takes !== 'keys' ? null : await storePairs(workspace, plan.pairs, identities, storing)
  const now = stored?.workspace ?? workspace
  const done = await takeOut(now, wish, plan, { stored, wasAsked })
  if (stored !== null) forgetFailuresForPerson(now)
  const outOfReach = stored === null ? [] : [OUT_OF_REACH]
  context.err(
    linesText(
      [...doneLines(now, wish, plan, done), ...leftLines(now, null, copies, told), ...outOfReach],
      terminal?.columns ?? null,
    ),
  )
}

/** The change to the files, whose the keys are, and what to know before. */
function changeText(
  { takes }: ImportWish,
  { screen, pairs }: ImportPlan,
  identities: ImportChoice['identities'],
  notes: readonly string[],
  terminal: Terminal | null,
): string {
  const keys = (takes === 'keys' ? pairs : []).map(({ profile, pair }) => {
    const arn = identities.get(profile)?.arn ?? null
    const who = arn === null ? ', not verified' : ` is ${shown(arn, 300)}`
    return `${maskedKeyId(pair.accessKeyId)} of ${quoted(profile)}${who}`
  })
  return [screen, linesText(keys, terminal?.columns ?? null), linesText(notes, terminal?.columns ?? null)]
    .filter((part) => part !== '')
    .join('\n')
}

async function ask(
  context: Context,
  wish: ImportWish,
  { taken, pairs }: ImportPlan,
  text: string,
  terminal: Terminal | null,
): Promise<void> {
  const profiles = [...taken.keys()]
  if (terminal === null) {
    context.err(text)
    const command = wish.names === 'all' ? 'aws-cred import --all' : pasteable`aws-cred import ${wish.names}`
    const lead = `cannot import ${listed(profiles)}: nobody can be asked here`
    if (wish.takes === 'dead-key')
      throw new CredError('person', lead, { hint: withCommand('at a terminal: ', command, ' --drop-key') })
    throw new CredError('person', lead, {
      hint: withCommand('do it unasked: ', command, [...wish.options, '--yes'].map((word) => ` ${word}`).join('')),
    })
  }
  terminal.show(text)
  const what = pairs.length === 1 ? 'store this key' : `store these ${pairs.length} keys`
  const question = {
    keys: `${what} and write the files`,
    session: 'take these lines out',
    'dead-key': `take ${pairs.length === 1 ? 'this key' : `these ${pairs.length} keys`} out for good`,
  }[wish.takes]
  const answer = (await terminal.ask(`${question}? [y/N] `)).trim().toLowerCase()
  if (answer === 'y' || answer === 'yes') return
  throw new CredError(
    'failed',
    `cannot import ${listed(profiles)}: nothing is stored or written, the answer was not yes`,
  )
}

/** What was done to the files; `done` null: another aws-cred did it. */
function doneLines(
  { context, files, index }: Workspace,
  { takes }: ImportWish,
  agreed: ImportPlan,
  done: ImportPlan | null,
): string[] {
  const path = (each: string) => shown(shortPath(each, context), 300)
  const profiles = [...(done ?? agreed).taken.keys()]
  const whose = `the ${takes === 'session' ? 'session' : 'keys'} of ${listed(profiles)}`
  if (done === null) return [`another program has taken ${whose} out of the files`]
  const wrote =
    done.setUp.length === 0
      ? []
      : [`wrote the credential_process line of ${listed(done.setUp)} in ${path(files.configPath)}`]
  const took = `took ${whose} out of ${done.takenFrom.map(path).join(' and ')}`
  if (takes === 'keys') return [...wrote, took]
  if (takes === 'dead-key') {
    const bare = profiles.filter((each) => index.read('key', each) === null)
    const adds = bare.flatMap((each) => pasteable`  aws-cred add ${each}` ?? [])
    return adds.length === 0 ? [took] : [took, 'next, a new key:', ...adds]
  }
  const next = profiles.flatMap(
    (each) => pasteable`  aws-cred setup ${each} --role-arn ARN --source-profile NAME` ?? [],
  )
  return next.length === 0 ? [took] : [took, 'next, a role that renews its sessions:', ...next]
}
