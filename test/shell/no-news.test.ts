import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import { dialect, findShell, openShell, type ShellName } from '../support/shell-session.ts'

/** The other tests fake the clock; here it is the real one, since it decides which prompts end early. */
const ends = (inSeconds: number) => {
  const at = new Date(Date.now() + inSeconds * 1000)
  return {
    AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01',
    AWS_SECRET_ACCESS_KEY: 'wJalrSECRETVALUE',
    AWS_SESSION_TOKEN: 'IQoJTOKENVALUE',
    AWS_CREDENTIAL_EXPIRATION: at.toISOString().replace(/\.\d+/, ''),
    AWS_CRED_WARN_MINUTES: '0',
  }
}

/** After it, the function that looks at everything says so instead. */
const tellLooks: Record<ShellName, string> = {
  bash: '__aws_cred_look() { echo "=looked="; }',
  zsh: '__aws_cred_look() { echo "=looked="; }',
  fish: 'function __aws_cred_tell; echo =looked=; end',
  powershell: 'function global:__AwsCredCheck { [Console]::Out.WriteLine("=looked=") }',
}
const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
const here = (t: TestContext, name: ShellName) => need(t, `${name} and a pty`, hasPty() && findShell(name) !== null)

test('prompts without news', { concurrency: true, timeout: 60_000 }, async (t) => {
  for (const name of shells) {
    void t.test(`${name}: looks at the variables in whole only when one changed`, async (t) => {
      if (!here(t, name)) return
      // 45 s before the next full minute.
      const shell = await openShell(t, name, { env: ends(3645) })
      await shell.run(dialect[name].state)
      await shell.run(tellLooks[name])
      for (let n = 0; n < 5; n += 1) assert.equal((await shell.run('')).text.includes('=looked='), false)
      const changed = await shell.run(dialect[name].set('AWS_PROFILE', 'AWS_CRED_WARN_MINUTES'))
      assert.ok(changed.text.endsWith('=looked=\n'), changed.text)
    })
    void t.test(`${name}: the session ends between two prompts`, async (t) => {
      if (!here(t, name)) return
      const env = ends(3)
      const shell = await openShell(t, name, { env })
      const end = Date.parse(env.AWS_CREDENTIAL_EXPIRATION ?? '')
      // A start under load may have taken that long already: then there is nothing to see.
      if (Date.now() < end - 500) assert.deepEqual(shell.first.hooks, [])
      await new Promise((resolve) => setTimeout(resolve, end - Date.now() + 20))
      const said = [...shell.first.hooks, ...(await shell.run('')).hooks, ...(await shell.run('')).hooks]
      assert.equal(said.length, 1, said.join('\n'))
      assert.match(said[0] ?? '', /credentials expired \d+ s ago/)
    })
  }
})
