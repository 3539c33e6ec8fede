import { spawnSync } from 'node:child_process'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Started } from '../e2e-place.ts'
import { between, oneOf, type Random } from '../random.ts'
import type { SweepWorld } from '../sweep-world.ts'
import type { Applied, Fault } from './fault.ts'

const LATEST_SIGNAL_MS = 400

/** Variables that Node, libraries or this program look at; `folder` is one that is there. */
const VARIABLES: readonly ((folder: string) => Readonly<Record<string, string>>)[] = [
  (folder) => ({ NODE_OPTIONS: `--require ${folder}/none.cjs` }),
  () => ({ NODE_OPTIONS: '--bogus' }),
  () => ({ NODE_OPTIONS: '--inspect=127.0.0.1:0' }),
  () => ({ NODE_DEBUG: 'net,http,module,fs,stream,tls' }),
  (folder) => ({ NODE_V8_COVERAGE: folder }),
  (folder) => ({ NODE_COMPILE_CACHE: folder }),
  () => ({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
  () => ({ NODE_CHANNEL_FD: '3' }),
  (folder) => ({ LD_LIBRARY_PATH: `${folder}::/nonexistent:.` }),
  () => ({ LC_ALL: 'xx_YY.UTF-8', TZ: 'Nowhere/City', TERM: '\u001b[31m' }),
  () => ({ AWS_MAX_ATTEMPTS: '0', AWS_RETRY_MODE: 'x', AWS_PROFILE: 'nobody', AWS_ACCESS_KEY_ID: 'x' }),
  () => ({ AWS_CRED_PROFILE_CHAIN: '%,%zz,\u001b,one' }),
  () => ({ AWS_CRED_FORMAT: 'x', AWS_CRED_HOOKED: '\u001b:1', CI: 'true' }),
  () => ({ UV_THREADPOOL_SIZE: '1', NODE_PENDING_DEPRECATION: '1', NODE_NO_WARNINGS: '' }),
]

/** Settings that can make a call fail, and nothing worse. */
const BAD_NETWORK: readonly ((folder: string) => Readonly<Record<string, string>>)[] = [
  () => ({ HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9' }),
  () => ({ HTTP_PROXY: 'socks5://user:hunter2@127.0.0.1:9' }),
  () => ({ HTTPS_PROXY: '\u001b]0;x' }),
  (folder) => ({ AWS_CA_BUNDLE: `${folder}/none` }),
  () => ({ AWS_CA_BUNDLE: '/dev/zero' }),
  () => ({ AWS_ENDPOINT_URL_STS: 'http://127.0.0.1.example.com/' }),
  () => ({ AWS_ENDPOINT_URL_STS: 'ftp://\u001b' }),
  () => ({ AWS_REGION: '../x' }),
]

const CLOSED: readonly (readonly [name: string, redirect: string, deaf: Applied['deaf']])[] = [
  ['stdin closed', '<&-', undefined],
  ['stdout closed', '>&-', 'stdout'],
  ['stderr closed', '2>&-', 'stderr'],
  ['all closed', '<&- >&- 2>&-', 'both'],
  ['stdout full', '>/dev/full', 'stdout'],
  ['stderr full', '2>/dev/full', 'stderr'],
]

export const MACHINE_FAULTS: readonly Fault[] = [
  ...(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const).map((signal) => ({
    name: `signal: ${signal}`,
    apply: (_: SweepWorld, random: Random): Applied => ({
      signals: [signal],
      during: async ({ child }: Started) => {
        await wait(random() * LATEST_SIGNAL_MS)
        child.kill(signal)
      },
    }),
  })),
  {
    name: 'signal: stopped for a while',
    apply: (_, random) => ({
      during: async ({ child }) => {
        await wait(random() * 150)
        child.kill('SIGSTOP')
        await wait(between(random, 10, 400))
        child.kill('SIGCONT')
      },
    }),
  },
  ...CLOSED.map(([name, redirect, deaf]) => ({
    name: `plumbing: ${name}`,
    apply: (): Applied => ({
      wrap: ['sh', '-c', `exec "$@" ${redirect}`, 'sh'],
      ...(deaf === undefined ? {} : { deaf }),
      ...(redirect.includes(' >&-') || redirect.startsWith('>&-') ? { stdoutIsClosed: true } : {}),
    }),
  })),
  {
    name: 'plumbing: the reader is gone',
    apply: () => ({
      deaf: 'stdout',
      during: async ({ child }) => {
        child.stdout?.destroy()
      },
    }),
  },
  {
    name: 'disk: full',
    where: ({ canFill }) => canFill,
    apply({ root }) {
      const file = join(root, 'fill')
      fill(file)
      return { undo: () => rmSync(file) }
    },
  },
  {
    name: 'disk: read-only',
    where: ({ canFill }) => canFill,
    apply({ root }) {
      remount(root, 'ro')
      return { undo: () => remount(root, 'rw') }
    },
  },
  {
    name: 'disk: full after some bytes a file (RLIMIT_FSIZE)',
    where: () => existsSync('/usr/bin/prlimit'),
    apply: (_, random) => ({ wrap: ['/usr/bin/prlimit', `--fsize=${oneOf(random, [0, 1, 40, 100, 300, 1000])}`] }),
  },
  {
    name: 'few open files (RLIMIT_NOFILE)',
    where: () => existsSync('/usr/bin/prlimit'),
    // With fewer than 20 Node itself does not start.
    apply: (_, random) => ({ wrap: ['/usr/bin/prlimit', `--nofile=${between(random, 20, 48)}`] }),
  },
  {
    name: 'home: not there',
    apply: (world, random) =>
      elsewhere(world, oneOf(random, [join(world.root, 'none/at/all'), '/dev/null', join(world.home, 'vault-key')])),
  },
  {
    name: "home: another user's",
    where: () => process.getuid?.() === 0,
    apply(world) {
      chownSync(world.home, 65_534, 65_534)
      const { env = {} } = elsewhere(world, world.home)
      return { env, undo: () => chownSync(world.home, 0, 0) }
    },
  },
  {
    name: 'home: no folder for what is temporary',
    apply: ({ root }, random) => ({ env: { TMPDIR: oneOf(random, [join(root, 'none'), '/dev/null', '']) } }),
  },
  {
    name: 'variables of Node and others',
    apply(world, random) {
      const folder = join(world.root, 'folder')
      mkdirSync(folder)
      return { env: oneOf(random, VARIABLES)(folder) }
    },
  },
  {
    name: 'variables that lead astray',
    apply: ({ root }, random) => ({ env: oneOf(random, BAD_NETWORK)(join(root, 'folder')) }),
  },
]

/** State and config stay where they are: only HOME leads nowhere. */
function elsewhere({ home }: SweepWorld, to: string): Applied {
  return { env: { HOME: to, XDG_STATE_HOME: join(home, '.local/state'), AWS_CONFIG_FILE: join(home, '.aws/config') } }
}

function fill(path: string): void {
  const file = openSync(path, 'w')
  const block = Buffer.alloc(64 * 1024)
  try {
    for (;;) writeSync(file, block)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(file)
  }
  // The last page too.
  try {
    for (;;) writeFileSync(path, 'x'.repeat(100), { flag: 'a' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

function remount(root: string, how: 'ro' | 'rw'): void {
  const { status, stderr } = spawnSync('mount', ['-o', `remount,${how}`, root], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cannot remount: ${stderr}`)
}
