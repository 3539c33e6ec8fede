// This file is loaded before everything else and imports nothing: an import would run before its first statement.

/** Set from outside, these make Node print or keep secrets (NODE_DEBUG=net prints session tokens) before our code can stop it. */
const DEBUG_VARIABLES: readonly string[] = ['NODE_DEBUG', 'NODE_DEBUG_NATIVE', 'NODE_V8_COVERAGE', 'NODE_COMPILE_CACHE']

/** The hidden verb `__exit <code>`: exits at once. See `leave`. */
export const EXIT_VERB = '__exit'

const coreFilterBefore = Symbol.for('aws-cred core filter before')
/** Kept with the process: the executable's parts have a copy of this module each. */
const kept: { [coreFilterBefore]?: string } = globalThis as object

/**
 * The first statement of `main`. Where one of the debugging variables is set it starts this program again without
 * them (POSIX: in place, same pid; Windows: as a child whose status is passed on) and does not return. Exits 1 with
 * one line on stderr where that cannot be done. Under `__exit` it exits too.
 */
export function restartWithoutDebugging(self: NodeJS.Process): void {
  const [verb, code] = self.argv.slice(2)
  if (verb === EXIT_VERB) self.exit(Number(code) || 0)
  const names = Object.keys(self.env).filter((name) => DEBUG_VARIABLES.includes(name.toUpperCase()) && self.env[name])
  if (names.length === 0) return
  const env = { ...self.env }
  for (const name of names) delete env[name]
  try {
    if (self.platform === 'win32') {
      const { spawnSync } = self.getBuiltinModule('node:child_process')
      const child = spawnSync(self.execPath, ownArguments(self, self.argv.slice(2)), { env, stdio: 'inherit' })
      if (child.error === undefined) self.exit(child.status ?? 1)
    } else {
      self.execve?.(self.execPath, [self.argv0, ...ownArguments(self, self.argv.slice(2))], env)
    }
  } catch {
    // Told below like the two that do not throw: whatever the reason, going on is not safe.
  }
  const { writeSync } = self.getBuiltinModule('node:fs')
  writeSync(
    2,
    `aws-cred: error: cannot start without ${names.join(', ')}: the system refuses\nhint: unset ${names.join(' ')}\n`,
  )
  self.exit(1)
}

/**
 * Keeps memory out of core files from now on: an empty `/proc/self/coredump_filter` (core(5)), which children
 * inherit. Does nothing where there is no such file.
 */
export function forbidCoreFiles(self: NodeJS.Process): void {
  if (self.platform !== 'linux') return
  const { readFileSync, writeFileSync } = self.getBuiltinModule('node:fs')
  try {
    // As UTF-8, which Node reads in one step: 0.1 ms less.
    const before = readFileSync('/proc/self/coredump_filter', 'utf8').trim()
    writeFileSync('/proc/self/coredump_filter', '0')
    kept[coreFilterBefore] = `0x${before}`
  } catch {
    // A kernel without core files, or /proc mounted read-only: there is nothing to be done about it from here.
  }
}

/**
 * The filter that children should get back, in the form the file takes (`0x00000033`); null where it was not
 * changed. To be written to `/proc/<pid>/coredump_filter` of a program that `exec` runs.
 */
export function coreFilterForChildren(): string | null {
  return kept[coreFilterBefore] ?? null
}

/** Whether the system is still looking up the name of a host: one that gets no answer from DNS may take 40 s and more. */
export function nameLookupPending(self: NodeJS.Process): boolean {
  return self.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')
}

/**
 * Exits with `code`. `process.exit` waits for a native call that hangs (a silent keychain: 50 s), so with one
 * pending this process turns into `__exit <code>` of its own binary, and where it cannot, kills itself. All output
 * must have been written with `writeSync` before.
 */
export function leave(
  self: NodeJS.Process,
  code: number,
  { pendingNativeCall }: { pendingNativeCall: boolean },
): never {
  if (pendingNativeCall) {
    try {
      self.execve?.(self.execPath, [self.argv0, ...ownArguments(self, [EXIT_VERB, String(code)])], self.env)
    } catch {
      // The binary was moved away or the system refuses: the kill is what remains, with a wrong status.
    }
    self.kill(self.pid, 'SIGKILL')
  }
  return self.exit(code)
}

/** What follows argv[0] to run this program with `args`: a single executable takes no script and no Node options. */
function ownArguments(self: NodeJS.Process, args: readonly string[]): string[] {
  const script = self.argv[1]
  // A single executable has its own name there (Node repeats argv[0]).
  if (script === undefined || script === self.argv0 || script === self.execPath) return [...args]
  return [...self.execArgv, script, ...args]
}
