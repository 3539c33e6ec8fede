import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'

export interface ChildOptions {
  /** The whole environment: nothing of this machine's own settings gets in by itself. */
  readonly env: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly cwd?: string
  /** Ends the child, and all that it has started, when it aborts. */
  readonly signal?: AbortSignal
  /** The helper whose life below this child is to be timed. */
  readonly helper?: string
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly wallMs: number
  /** How long the helper ran; null where this system does not tell. */
  readonly helperMs: number | null
}

/** Runs a program in a process group of its own, without a terminal. Throws where it does not start or was aborted. */
export async function runChild(program: string, args: readonly string[], options: ChildOptions): Promise<Ended> {
  options.signal?.throwIfAborted()
  const { env, cwd } = options
  const began = performance.now()
  const child = spawn(program, args, { env, stdio: 'pipe', detached: true, ...(cwd === undefined ? {} : { cwd }) })
  const end = () => endGroup(child)
  options.signal?.addEventListener('abort', end)
  const watch = options.helper === undefined ? null : watchHelper(child.pid, options.helper)
  const texts = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.err += text
  })
  // A child that never reads stdin closes it: how it ended tells more than EPIPE.
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    options.signal?.throwIfAborted()
    return { code, ...texts, wallMs: performance.now() - began, helperMs: watch?.lifeMs() ?? null }
  } finally {
    watch?.stop()
    options.signal?.removeEventListener('abort', end)
  }
}

/** The whole group: a helper that outlived its consumer could still put a session away. */
function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill()
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // ESRCH: it has ended by itself.
  }
}

/** Looks each millisecond for the first descendant of `pid` that runs `program`, by Linux's /proc. */
function watchHelper(pid: number | undefined, program: string): { lifeMs(): number | null; stop(): void } {
  let helper: number | null = null
  let startedMs = 0
  let endedMs: number | null = null
  const look = () => {
    if (helper === null) {
      helper = descendants(pid).find((each) => programOf(each) === program) ?? null
      startedMs = performance.now()
    } else if (endedMs === null && programOf(helper) !== program) endedMs = performance.now()
  }
  const timer = pid === undefined || process.platform !== 'linux' ? null : setInterval(look, 1)
  return {
    lifeMs: () => (endedMs === null ? null : endedMs - startedMs),
    stop: () => clearInterval(timer ?? undefined),
  }
}

function descendants(pid: number | undefined): number[] {
  const direct = childrenOf(pid)
  return direct.flatMap((each) => [each, ...descendants(each)])
}

function childrenOf(pid: number | undefined): number[] {
  try {
    return (readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').match(/\d+/g) ?? []).map(Number)
  } catch {
    // Ended meanwhile, or a kernel without CONFIG_PROC_CHILDREN.
    return []
  }
}

function programOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    // Ended; a process that nobody has waited for yet has no program either.
    return null
  }
}
