import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import { dialect, findShell, openShell, type ShellName } from '../support/shell-session.ts'

/** Writes the names of all variables and functions to the file `name` of HOME. */
const list: Record<ShellName, (name: string) => string> = {
  bash: (name) => `{ compgen -v; compgen -A function; } > ~/${name}`,
  zsh: (name) => `print -rl -- \${(k)parameters} \${(k)functions} > ~/${name}`,
  fish: (name) => `begin; set --names; functions --all --names; end > ~/${name}`,
  powershell: (name) =>
    `[IO.File]::WriteAllLines("$HOME/${name}", [string[]]$(foreach ($d in 'variable:', 'function:') { $ExecutionContext.InvokeProvider.ChildItem.Get($d, $false).Name }))`,
}
/** Made by the shell's own clock or at any command, or set here. */
const others = /^(AWS_(?!CRED_).*|epochtime|EPOCHSECONDS|EPOCHREALTIME|PROMPT_COMMAND|precmd_functions|LASTEXITCODE)$/
/** Is there from when the part is loaded that a prompt without news needs not. */
const loaded: Record<ShellName, string> = {
  bash: '__aws_cred_parse',
  zsh: '__aws_cred_parse',
  fish: '__aws_cred_parse',
  powershell: '__AwsCredParse',
}
const zone = 'Asia/Kolkata'
const inHalfAnHour = new Date(Date.now() + (5.5 * 60 + 30.5) * 60_000).toISOString().slice(0, 19)

test('rules for every shell', { concurrency: true, timeout: 60_000 }, async (t) => {
  for (const name of ['bash', 'zsh', 'fish', 'powershell'] as const) {
    void t.test(
      `${name}: nothing is loaded without AWS variables, every name has the prefix, a zone without DST`,
      async (t) => {
        if (!need(t, `${name} and a pty`, hasPty() && findShell(name) !== null)) return
        const env = { TZ: zone, K: 'ASIAEXAMPLEEXAMPLE01', S: 'wJalrSECRETVALUE', T: 'IQoJTOKENVALUE', E: inHalfAnHour }
        const shell = await openShell(t, name, { env })
        const bare = await openShell(t, name, { env, hook: false })
        for (const typed of ['', list[name]('bare')]) await bare.run(typed)
        for (const typed of ['', '', list[name]('idle')]) assert.deepEqual((await shell.run(typed)).hooks, [])
        for (const [variable, from] of [
          ['AWS_ACCESS_KEY_ID', 'K'],
          ['AWS_SECRET_ACCESS_KEY', 'S'],
          ['AWS_SESSION_TOKEN', 'T'],
          ['AWS_CREDENTIAL_EXPIRATION', 'E'],
        ] as const)
          await shell.run(dialect[name].set(variable, from))
        assert.match((await shell.run(dialect[name].state)).text, /=ok,(29|30)=/)
        await shell.run(dialect[name].status)
        await shell.run(list[name]('after'))
        const names = (file: string, { home } = shell) => readFileSync(join(home, file), 'utf8').split(/\r?\n/)
        const before = new Set(names('bare', bare))
        const added = names('after').filter((each) => each !== '' && !before.has(each) && !others.test(each))
        assert.deepEqual(
          added.filter((each) => !/^(__aws_cred_|aws_cred_status$|AWS_CRED_|__AwsCred|Get-AwsCredStatus$)/.test(each)),
          [],
        )
        assert.deepEqual([names('idle').includes(loaded[name]), added.includes(loaded[name])], [false, true])
      },
    )
  }
})
