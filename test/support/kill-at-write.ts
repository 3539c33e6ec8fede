import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Loaded before a program (`node --import`): ends it with SIGKILL at its Nth step that makes, fills, syncs, renames or
 * removes a file, before the step is done; a file that is being filled has then got half of it. N is KILL_AT.
 */
const killAt = Number(process.env.KILL_AT)
let steps = 0

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}

function counted<A extends unknown[], R>(step: (...args: A) => R, atDeath: (...args: A) => void = () => {}) {
  return (...args: A): R => {
    steps++
    if (steps === killAt) {
      atDeath(...args)
      die()
    }
    return step(...args)
  }
}

const { openSync, writeFileSync, writeSync } = fs
const opening = counted(openSync)
fs.openSync = ((path, flags, mode) => {
  const makes =
    typeof flags === 'string'
      ? /[wa]/.test(flags)
      : ((flags as number) & (fs.constants.O_CREAT | fs.constants.O_TRUNC)) !== 0
  return makes ? opening(path, flags, mode) : openSync(path, flags, mode)
}) as typeof openSync
fs.writeFileSync = counted(writeFileSync, (file, data) => {
  const bytes = Buffer.from(data as string)
  if (typeof file === 'number') writeSync(file, bytes, 0, Math.floor(bytes.length / 2))
}) as typeof writeFileSync
for (const name of ['fsyncSync', 'renameSync', 'unlinkSync', 'rmSync', 'mkdirSync'] as const) {
  fs[name] = counted(fs[name] as (...args: unknown[]) => unknown) as never
}
syncBuiltinESMExports()
// What a run that was not ended has done in all.
process.on('exit', () => writeSync(2, `steps: ${steps}\n`))
