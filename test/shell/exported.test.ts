import assert from 'node:assert/strict'
import { test } from 'node:test'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import { findShell, openShell } from '../support/shell-session.ts'

const longLived = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE01', AWS_SECRET_ACCESS_KEY: 'wJalrSECRETVALUE' }
const session = {
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01',
  AWS_SECRET_ACCESS_KEY: 'wJalrSECRETVALUE',
  AWS_SESSION_TOKEN: 'IQoJTOKENVALUE',
  AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z',
}
const missing = (name: string) => new RegExp(`^aws-cred: ${name} is missing beside`)
const renewed = /^aws-cred: this shell's credentials are renewed/

/** `variable` is set in the shell alone at first; what its prompts say then, when it is exported, and when that is taken back. */
const cases: { variable: string; vars: Record<string, string>; says: [RegExp, RegExp, RegExp] }[] = [
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((variable): (typeof cases)[number] => ({
    variable,
    vars: longLived,
    says: [missing(variable), renewed, missing(variable)],
  })),
  {
    variable: 'AWS_SESSION_TOKEN',
    vars: session,
    says: [missing('AWS_SESSION_TOKEN'), renewed, missing('AWS_SESSION_TOKEN')],
  },
  {
    variable: 'AWS_SECURITY_TOKEN',
    vars: { ...longLived, AWS_SECURITY_TOKEN: 'IQoJTOKENVALUE' },
    says: [/^$/, /^aws-cred: AWS_SECURITY_TOKEN beside a long-lived/, renewed],
  },
  {
    variable: 'AWS_PROFILE',
    vars: { ...longLived, AWS_PROFILE: 'prod' },
    says: [/^$/, /^aws-cred: AWS_PROFILE=prod is shadowed/, /^$/],
  },
  {
    variable: 'AWS_DEFAULT_PROFILE',
    vars: { AWS_PROFILE: 'prod', AWS_DEFAULT_PROFILE: 'other' },
    says: [/^$/, /^aws-cred: AWS_DEFAULT_PROFILE differs from AWS_PROFILE/, /^$/],
  },
]

for (const name of ['bash', 'zsh', 'fish'] as const)
  test(`${name}: a variable that is exported only later`, { timeout: 60_000 }, async (t) => {
    if (!need(t, `${name} and a pty`, hasPty() && findShell(name) !== null)) return
    const fish = name === 'fish'
    const hide = (variable: string) => (fish ? `set -gu ${variable} $${variable}` : `typeset +x ${variable}`)
    const show = (variable: string) => (fish ? `set -gx ${variable} $${variable}` : `export ${variable}`)
    for (const { variable, vars, says } of cases)
      await t.test(`${name}: ${variable}`, async (t) => {
        const shell = await openShell(t, name, { env: vars, before: hide(variable) })
        const said = [shell.first.hooks.join('\n')]
        for (const typed of [show(variable), hide(variable), show(variable)])
          said.push((await shell.run(typed)).hooks.join('\n'))
        for (const [index, expected] of [...says, says[1]].entries()) assert.match(said[index] ?? '', expected)
      })
    await t.test(`${name}: one is hidden as another is shown`, async (t) => {
      const before = hide('AWS_SECRET_ACCESS_KEY')
      const shell = await openShell(t, name, { env: session, before })
      assert.match(shell.first.hooks.join('\n'), missing('AWS_SECRET_ACCESS_KEY'))
      const swap = `${show('AWS_SECRET_ACCESS_KEY')}; ${hide('AWS_SESSION_TOKEN')}`
      assert.match((await shell.run(swap)).hooks.join('\n'), missing('AWS_SESSION_TOKEN'))
    })
  })
