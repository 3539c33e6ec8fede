import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { exportChanges, unsetChanges } from '../../src/core/shell/aws-variables.ts'
import { formatChanges, type VariablesFormat } from '../../src/core/shell/export-formats.ts'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import { dialect, findShell, openShell, powershellHost, type ShellName } from '../support/shell-session.ts'

const format: Record<ShellName, VariablesFormat> = { bash: 'env', zsh: 'env', fish: 'fish', powershell: 'powershell' }
const take: Record<ShellName, (variable: string) => string> = {
  bash: (variable) => `eval "$${variable}"`,
  zsh: (variable) => `eval "$${variable}"`,
  fish: (variable) => `echo "$${variable}" | source`,
  powershell: (variable) => `. ([scriptblock]::Create($env:${variable}))`,
}
/** Every session here ends in the same second, as those of a crowd do. */
const expiresMs = Date.UTC(2099, 0, 1)

/** What `aws-cred export --profile PROFILE` prints, the keys being those that end in `key`. */
function exported(shell: ShellName, profile: string, key: string): string {
  const credentials = {
    accessKeyId: `ASIAEXAMPLEEXAMPL${key}`,
    secretAccessKey: `wJalrSECRET${key}`,
    sessionToken: `IQoJTOKEN${key}`,
    expiresMs,
    offsetMs: 0,
    accountId: null,
  }
  return formatChanges(format[shell], exportChanges({ profile, credentials, region: null, earlierRegion: null }, {}))
}

for (const name of ['bash', 'zsh', 'fish', 'powershell'] as const)
  test(`${name}: sessions that end in the same second`, { timeout: 60_000 }, async (t) => {
    if (!need(t, `${name} and a pty`, hasPty() && findShell(name) !== null)) return
    const program = (name === 'powershell' ? powershellHost() : null) ?? findShell(name) ?? name
    const env = {
      PROD: exported(name, 'prod', 'AAA'),
      OTHER: exported(name, 'other', 'BBB'),
      // One session may serve two profiles.
      TWIN: exported(name, 'twin', 'BBB'),
      PROD_AGAIN: exported(name, 'prod', 'CCC'),
      UNSET: formatChanges(format[name], unsetChanges({}, null)),
      PASTED: 'ASIAEXAMPLEEXAMPLDDD',
    }
    const open = (t: TestContext) => openShell(t, name, { program, env })
    type Shell = Awaited<ReturnType<typeof open>>
    const takes = async (shell: Shell, from: keyof typeof env, says?: RegExp) => {
      const { hooks, text } = await shell.run(take[name](from))
      if (says === undefined) assert.deepEqual(hooks, [], text)
      else assert.match(hooks.join('\n'), says)
      assert.match((await shell.run(dialect[name].state)).text, /=ok,\d+=/)
    }
    const paste = async (shell: Shell) => {
      const { hooks } = await shell.run(dialect[name].set('AWS_ACCESS_KEY_ID', 'PASTED'))
      assert.match(
        hooks.join('\n'),
        /^aws-cred: AWS_CREDENTIAL_EXPIRATION is left over from older keys; clear: [^\n]*$/,
      )
    }

    await t.test(`${name}: another profile exported is no left over, keys pasted over it are`, async (t) => {
      const shell = await open(t)
      await takes(shell, 'PROD')
      await takes(shell, 'OTHER')
      await paste(shell)
      await takes(shell, 'PROD', /credentials of prod are renewed/)
    })
    await t.test(`${name}: keys pasted over a session that two profiles share`, async (t) => {
      const shell = await open(t)
      await takes(shell, 'OTHER')
      await takes(shell, 'TWIN')
      await paste(shell)
    })
    await t.test(`${name}: the same profile exported again after --unset`, async (t) => {
      const shell = await open(t)
      await takes(shell, 'PROD')
      assert.deepEqual((await shell.run(take[name]('UNSET'))).hooks, [])
      await takes(shell, 'PROD_AGAIN')
    })
    await t.test(`${name}: keys pasted after the older ones were taken away alone`, async (t) => {
      const shell = await open(t)
      await takes(shell, 'PROD')
      const gone = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].map(dialect[name].unset)
      assert.deepEqual((await shell.run(gone.join('; '))).hooks, [])
      const pasted = (variable: string) => dialect[name].set(variable, 'PASTED')
      await shell.run(['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ACCESS_KEY_ID'].map(pasted).join('; '))
      assert.match((await shell.run(dialect[name].status)).text, /broken: AWS_CREDENTIAL_EXPIRATION is left over/)
    })
    // fish alone tells that a variable was set to what it held.
    if (name === 'fish')
      await t.test(`${name}: the same profile exported again`, async (t) => {
        const shell = await open(t)
        await takes(shell, 'PROD')
        await takes(shell, 'PROD_AGAIN')
        await paste(shell)
      })
  })
