import { CredError } from '../errors.ts'
import type { LoginRoot, SsoRoot } from '../plan/plan-roots.ts'
import { quoted, shown } from '../text.ts'

/** Under this code a failure is kept whose cure is the command that logs in; whoever waited for the same hears it too. */
export const SIGN_IN_NEEDED = 'SignInNeeded'

/** The command that makes a root's token anew: it reads the keys of the profile that has them. */
export function signInCommand(root: SsoRoot | LoginRoot): string {
  return `aws ${root.kind === 'sso' ? 'sso login' : 'login'} --profile ${shown(root.profile)}`
}

/** Exit 3: a person has to log in. `state` says why: `nobody has signed in here`. */
export function signInError(plannedProfile: string, root: SsoRoot | LoginRoot, state: string): CredError {
  const what = root.kind === 'sso' ? `SSO ${quoted(root.session ?? root.startUrl, 60)}` : '"aws login"'
  return new CredError('person', `cannot get credentials of ${what} for profile ${quoted(plannedProfile)}: ${state}`, {
    hint: signInCommand(root),
    cause: { stsCode: SIGN_IN_NEEDED },
  })
}
