import { parseOwnLine } from '../../core/command-line.ts'
import { CredError } from '../../core/errors.ts'
import type { IniDocument } from '../../core/ini.ts'
import { pasteable } from '../../core/paste.ts'
import { codeRemedy, mfaSettings } from '../../core/plan/mfa-settings.ts'
import type { CredentialSource } from '../../core/precedence/precedence-model.ts'
import { quoted } from '../../core/text.ts'
import { credentialsOf, helperCall } from '../session/obtain-credentials.ts'
import { type ProfileState, profileState } from '../session/profiles/profile-state.ts'
import type { Workspace } from '../session/workspace.ts'
import type { Look } from './look.ts'

/** For one call, never to be shown. */
export interface WinningKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
}

/** Longer than one refresh at its worst is not waited for. */
const DEADLINE_MS = 8_000
const SIGNABLE = /^[\x21-\x7e]{1,10000}$/

/**
 * What a tool would sign with, without asking anybody and without starting another's program: null where only that
 * tells. Throws `CredError` where our own profile gives nothing.
 */
export async function winningKeys(look: Look, source: CredentialSource): Promise<WinningKeys | null> {
  const { workspace } = look
  if (source.kind === 'environment') return ofVariables(workspace, source)
  if (source.kind === 'static-keys') return ofFiles(workspace, source)
  return source.kind === 'credential-process' && source.own ? ofOurs(look, source) : null
}

function ofVariables({ context }: Workspace, { variables, token }: CredentialSource): WinningKeys | null {
  const value = (name: string | null | undefined) => (name ? context.env[name]?.trim() : undefined)
  return checked(value(variables[0]), value(variables[1]), value(token))
}

function ofFiles({ files }: Workspace, { profile, origin, token }: CredentialSource): WinningKeys | null {
  if (profile === null) return null
  const merged = files.profiles.profiles.get(profile)?.properties
  const documents = [files.config, files.credentials].filter((each) => each?.source.path === origin?.path)
  const value = (key: string | null) =>
    key === null ? undefined : (lastValue(documents, profile, key) ?? merged?.get(key)?.value)
  return checked(value('aws_access_key_id'), value('aws_secret_access_key'), value(token))
}

function lastValue(documents: readonly (IniDocument | null)[], profile: string, key: string): string | undefined {
  const sections = documents.flatMap((document) => document?.sections ?? [])
  const own = sections.filter(({ kind, name }) => kind === 'profile' && name === profile)
  return own.flatMap(({ properties }) => properties).findLast((each) => each.key === key)?.value
}

function checked(id: string | undefined, secret: string | undefined, token: string | undefined): WinningKeys | null {
  if (!id || !secret) return null
  // A header cannot carry it: no tool can sign with it either, and the tool's own error names it.
  if (![id, secret, token || 'x'].every((value) => SIGNABLE.test(value))) return null
  return { accessKeyId: id, secretAccessKey: secret, sessionToken: token || null }
}

/**
 * Whether a new session would start another program, which may open a browser or wait for a touch. Throws
 * `CredError('person')` where it would ask for a code itself.
 */
function mightAsk(workspace: Workspace, { plan, session, profile, needs }: ProfileState): boolean {
  if (session !== null && !session.isDue) return false
  if (session === null && needs()?.kind === 'mfa-code') {
    const { hint } = codeRemedy(plan, workspace.files.profiles)
    const message = `cannot ask AWS who ${quoted(profile)} is: its next session needs an MFA code`
    throw new CredError('person', message, { hint })
  }
  const { profiles } = workspace.files
  const hasCodeProgram = plan.steps.some(
    (step) => step.mfaSerial !== null && mfaSettings(step.profile, profiles).process !== null,
  )
  return plan.root.kind === 'process' || hasCodeProgram
}

/** Throws `CredError('person')` where to read the keychain would have the system ask for its password. */
async function checkKeyring({ workspace, keyring }: Look, profile: string): Promise<void> {
  const { storeKind, context } = workspace
  if (storeKind !== 'keychain') return
  const cannot = `cannot ask AWS who ${quoted(profile)} is`
  const state = await keyring()
  if (state === 'locked')
    throw new CredError('person', `${cannot}: the keychain is locked`, { hint: 'aws-cred unlock' })
  if (state === 'silent') {
    throw new CredError('person', `${cannot}: the keychain does not answer`, { hint: 'aws-cred unlock' })
  }
  const isDesktop = context.platform === 'linux' && Boolean(context.env.DISPLAY || context.env.WAYLAND_DISPLAY)
  if (state === 'unknown' && isDesktop) {
    const hint = pasteable`aws-cred whoami ${profile}`
    const message = `${cannot}: whether the keychain is locked cannot be seen without busctl, gdbus or dbus-send`
    throw new CredError('person', message, hint === null ? {} : { hint })
  }
}

async function ofOurs(look: Look, { profile }: CredentialSource): Promise<WinningKeys | null> {
  const { workspace } = look
  const line = profile === null ? undefined : workspace.files.profiles.profiles.get(profile)?.properties
  const value = line?.get('credential_process')?.value ?? ''
  const served = parseOwnLine(value, workspace.context.platform)?.profile ?? profile ?? ''
  const state = profileState(workspace, served)
  if (mightAsk(workspace, state)) return null
  await checkKeyring(look, served)
  const work = credentialsOf(workspace, state.plan, { ...helperCall(workspace, true), refresh: false })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new CredError('failed', `cannot get credentials in ${DEADLINE_MS / 1000} s`))
    timer = setTimeout(giveUp, DEADLINE_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
