import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VERBS } from '../../src/cli.ts'
import { readCore } from '../support/core-file.ts'
import { coreFilesLandHere, crashedAtExit } from '../support/crashed-run.ts'
import { PASSPHRASE } from '../support/e2e-place.ts'
import { canTrace } from '../support/e2e-strace.ts'
import { keyringInstalled } from '../support/keyring.ts'
import {
  evidenceOf,
  type FoundLeak,
  LEAK_CHANNELS,
  type LeakChannel,
  leaksOf,
  type Meant,
} from '../support/leak-evidence.ts'
import { need } from '../support/need.ts'
import { SecretSweep } from '../support/secrets.ts'
import { type SweepWorld, sweepWorld, type WorldKind } from '../support/sweep-world.ts'
import { aliceKey, VERB_RUNS, type VerbRun } from '../support/verb-runs.ts'

const SOAK = process.env.AWS_CRED_SOAK === '1'
const KINDS: readonly WorldKind[] = SOAK ? ['vault by key file', 'vault unlocked', 'keychain'] : ['vault by key file']
const MINUTE_MS = 60_000

test('every verb of the binary has a row in the table of the sweeps', () => {
  assert.deepEqual(Object.keys(VERB_RUNS).sort(), Object.keys(VERBS).sort())
})

interface Step {
  readonly about: string
  readonly run: VerbRun
  readonly agoMs?: number
  readonly env?: Readonly<Record<string, string>>
  readonly fault?: 'garbage' | 'truncated' | 'error' | 'cut'
}

const { process: processRun, exec: execRun, add: addRun } = VERB_RUNS as Record<string, VerbRun>
const REFRESH: VerbRun = { ...(processRun as VerbRun), words: () => ['process', '--profile', 'two', '--refresh'] }

/** Each verb once at a live session, those that answer also where STS is asked, and what fails on the way. */
const STEPS: readonly Step[] = [
  ...Object.entries(VERB_RUNS).map(([about, run]) => ({ about, run })),
  ...['process', 'export', 'exec', 'serve', 'login'].map((name) => ({
    about: `${name}, due`,
    run: VERB_RUNS[name] as VerbRun,
    agoMs: 70 * MINUTE_MS,
  })),
  { about: 'process under NODE_DEBUG', run: REFRESH, env: { NODE_DEBUG: 'net,http,https,tls,stream,module,fs' } },
  { about: 'process with a passphrase', run: REFRESH, env: { AWS_CRED_PASSPHRASE: PASSPHRASE } },
  { about: 'exec with a passphrase', run: execRun as VerbRun, env: { AWS_CRED_PASSPHRASE: PASSPHRASE } },
  { about: 'add, refused', run: { ...(addRun as VerbRun), words: () => ['add', 'user1', '--stdin'] } },
  ...(['garbage', 'truncated', 'error', 'cut'] as const).map((fault) => ({
    about: `process, STS ${fault}`,
    run: REFRESH,
    fault,
  })),
]

for (const kind of KINDS) {
  test(`no secret is in any file, output, argument, environment or log of any verb (${kind})`, async (t) => {
    if (!need(t, 'strace that may trace', canTrace())) return
    if (kind === 'keychain' && !need(t, 'gnome-keyring', keyringInstalled())) return
    const world = await sweepWorld(t, kind)
    const leaks: (FoundLeak & { readonly step: string })[] = []
    let handedOut = 0
    let files = 0
    let starts = 0
    for (const { about, run, agoMs = 0, env = {}, fault } of STEPS) {
      await world.restore(agoMs)
      if (fault !== undefined) world.sts.faults.next({ kind: fault, times: 9 })
      const stdin = run.stdin?.(world) ?? ''
      const evidence = await evidenceOf(world, [world.binary, ...run.words(world)], {
        stdin,
        env: { ...run.env, ...env },
      })
      const meant = meantOf(run, evidence.out)
      if (meant.accessKeyId !== undefined) handedOut++
      files += evidence.files.length
      starts += evidence.execs.length
      leaks.push(...leaksOf(world, evidence, meant).map((leak) => ({ step: about, ...leak })))
    }
    assert.deepEqual(leaks, [])
    const giving = STEPS.filter(({ run, fault }) => run.credentialsIn !== undefined && fault === undefined)
    assert.equal(handedOut, giving.length, 'what is meant to hold credentials holds them')
    t.diagnostic(
      `${STEPS.length} runs, ${files} files looked through, ${starts} program starts, ${world.secrets().length} secrets`,
    )
  })
}

function meantOf(run: VerbRun, out: string): Meant {
  const accessKeyId = run.credentialsIn?.(out)?.AccessKeyId
  if (accessKeyId === undefined) return {}
  return { accessKeyId, ...(run.givesTo === undefined ? {} : { command: run.givesTo }) }
}

test('lock leaves nothing of an unlocked vault in memory', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  const world = await sweepWorld(t, 'vault unlocked')
  const before = new SecretSweep(world.secrets())
  const evidence = await evidenceOf(world, [world.binary, 'lock'])
  assert.equal(evidence.code, 0, evidence.err)
  assert.deepEqual(
    evidence.files.filter((file) => file.startsWith(world.runtimeDir)),
    [],
  )
  assert.deepEqual(before.leaksIn(evidence.err), [])
})

/** What surely holds secrets by the time it exits: there a core file would be a find. */
const HOLDERS = ['process', 'export', 'exec', 'serve', 'add', 'import', 'remove', 'unlock', 'login']

test('a crash of any verb leaves no secret in its core file, though its memory holds them', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  const canLook = coreFilesLandHere()
  if (!canLook) t.diagnostic('core files land elsewhere here: only coredump_filter is looked at')
  const worlds = await Promise.all(Array.from({ length: SOAK ? 1 : 2 }, () => sweepWorld(t, 'vault by key file')))
  const runs = Object.entries(VERB_RUNS).flatMap(([name, run], at) =>
    (SOAK ? ([0, 1] as const) : ([at % 2] as const)).map(
      (odd) => ({ name, run, signal: odd === 0 ? 'SIGSEGV' : 'SIGABRT' }) as const,
    ),
  )
  await Promise.all(
    worlds.map(async (world, at) => {
      for (const { name, run, signal } of runs.filter((_, i) => i % worlds.length === at))
        await provesCrash(world, name, run, signal, canLook)
    }),
  )
})

async function provesCrash(
  world: SweepWorld,
  name: string,
  run: VerbRun,
  signal: 'SIGSEGV' | 'SIGABRT',
  canLook: boolean,
): Promise<void> {
  await world.restore(70 * MINUTE_MS)
  const stdin = run.stdin?.(world) ?? ''
  const options = run.env === undefined ? { stdin } : { stdin, env: run.env }
  // The sessions that it will be given are not known yet; the long-lived keys and the passphrase, which come first, are.
  const known = world.secrets().slice(0, 4)
  const texts = known.map(({ text }) => text)
  const crashed = await crashedAtExit(world, [world.binary, ...run.words(world)], signal, texts, options)
  if (HOLDERS.includes(name)) assert.ok(crashed.inMemory.length > 0, `${name}: its memory holds secrets`)
  assert.equal(crashed.coreFilter, '00000000', name)
  if (!canLook) return
  assert.ok(crashed.core !== null && crashed.core.length > 1000, `${name}: there is a core file`)
  const { memoryBytes, butRegisters } = readCore(crashed.core)
  assert.ok(memoryBytes < 100_000, `${name}: ${memoryBytes} bytes of memory`)
  assert.deepEqual(new SecretSweep(world.secrets()).leaksIn(butRegisters), [], `${name} by ${signal}`)
}

/** Programs that leak what they are given on stdin, each by one channel. */
const PLANTED: Readonly<Record<Exclude<LeakChannel, 'core' | 'log of STS'>, string>> = {
  file: 'head -c 99 | base64 > "$HOME/planted"',
  'file written and gone': 'cat > "$TMPDIR/planted"; rm "$TMPDIR/planted"',
  stdout: 'cat',
  stderr: "od -An -v -tx1 | tr -d ' \\n' >&2",
  argv: 'read -r secret; /bin/true "--password=$secret"',
  environment: 'read -r secret; PASSWORD="$secret" /bin/true',
}

test('the sweep finds a leak that was planted, in each channel and in none but its own', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  const world = await sweepWorld(t, 'vault by key file')
  const secret = aliceKey(world).split('\n')[1] as string
  const found = new Set<LeakChannel>()
  for (const [channel, script] of Object.entries(PLANTED)) {
    await world.restore()
    const evidence = await evidenceOf(world, ['sh', '-c', script], { stdin: `${secret}\n` })
    const leaks = leaksOf(world, evidence)
    assert.deepEqual([...new Set(leaks.map((leak) => leak.channel))], [channel])
    assert.deepEqual([...new Set(leaks.map((leak) => leak.secret))], ["alice's secret key"])
    found.add(leaks[0]?.channel as LeakChannel)
  }
  await world.restore()
  const evidence = await evidenceOf(world, ['true'])
  const body = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15', Note: secret })
  await fetch(world.sts.url, { method: 'POST', body })
  const leaks = leaksOf(world, { ...evidence, stsLog: JSON.stringify(world.sts.requests) })
  assert.deepEqual([...new Set(leaks.map((leak) => leak.channel))], ['log of STS'])
  found.add('log of STS')
  if (coreFilesLandHere()) {
    const crashed = await crashedAtExit(world, ['sh', '-c', 'read -r secret; :'], 'SIGSEGV', [secret], {
      stdin: `${secret}\n`,
    })
    assert.deepEqual(crashed.inMemory, [secret])
    const { memoryBytes, butRegisters } = readCore(crashed.core ?? Buffer.alloc(0))
    assert.ok(memoryBytes > 100_000)
    assert.ok(new SecretSweep(world.secrets()).leaksIn(butRegisters).length > 0)
  }
  found.add('core')
  assert.deepEqual([...found].sort(), [...LEAK_CHANNELS].sort())
})

test('the sweep finds what a verb shows elsewhere than it is meant to', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  const world = await sweepWorld(t, 'vault by key file')
  const words = processRun?.words(world) ?? []
  const evidence = await evidenceOf(world, ['sh', '-c', '"$@" | tee "$HOME/kept"', 'sh', world.binary, ...words])
  const leaks = leaksOf(world, evidence, meantOf(processRun as VerbRun, evidence.out))
  assert.deepEqual([...new Set(leaks.map(({ channel, where }) => `${channel} ${where}`))], [`file ${world.home}/kept`])
  assert.ok(leaksOf(world, evidence).some(({ channel }) => channel === 'stdout'))
})
