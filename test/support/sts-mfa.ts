import { createHash, createHmac } from 'node:crypto'
import { StsError } from './sts-answers.ts'
import type { StsUser } from './sts-world.ts'

const stepMs = 30_000

/** The users' MFA devices: which code is right now, and which have been used. */
export class MfaDevices {
  readonly #nowMs: () => number
  readonly #set = new Map<string, ReadonlySet<string>>()
  /** When a code was used, by serial, code and, for a device's own rule, step. */
  readonly #used = new Map<string, number>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** From now on exactly these codes are right for the device; `null` goes back to its own rule. */
  setCodes(serial: string, codes: Iterable<string> | null): void {
    if (codes === null) this.#set.delete(serial)
    else this.#set.set(serial, new Set(codes))
  }

  /** A code that the device's own rule takes and that was not used yet: of this 30 s step, the next, or the last. */
  freshCode(serial: string): string {
    const step = this.#step()
    const fresh = [step, step + 1, step - 1].find((at) => !this.#used.has(`${serial} ${totp(serial, at)} ${at}`))
    if (fresh === undefined) throw new Error('cannot make an MFA code: all of this 30 s step are used')
    return totp(serial, fresh)
  }

  /**
   * Takes `serial` and `code` of a request: true where they are right (each code once a step), false where neither is
   * given. Throws the AccessDenied of contract §5 for everything else.
   */
  accept(user: StsUser | null, serial: string | undefined, code: string | undefined): boolean {
    if (serial === undefined && code === undefined) return false
    if (serial === undefined || code === undefined)
      throw denied(', must provide both MFA serial number and one time pass code.')
    if (user?.mfaSerial !== serial)
      throw denied(
        ', unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
      )
    if (!this.#take(user, serial, code)) throw denied(' failed with invalid MFA one time pass code.')
    return true
  }

  #take(user: StsUser, serial: string, code: string): boolean {
    const nowMs = this.#nowMs()
    const set = this.#set.get(serial)
    if (set || user.acceptsCode) {
      // A code set by hand belongs to no step: it is spent for the 30 s after its use.
      const key = `${serial} ${code}`
      if (!(set ? set.has(code) : user.acceptsCode?.(code, nowMs))) return false
      if (nowMs - (this.#used.get(key) ?? -Infinity) < stepMs) return false
      this.#used.set(key, nowMs)
      return true
    }
    // One step early or late is taken, as servers do for clocks that drift.
    const near = [0, -1, 1].map((drift) => this.#step() + drift)
    const step = near.find((at) => totp(serial, at) === code)
    const key = `${serial} ${code} ${step}`
    if (step === undefined || this.#used.has(key)) return false
    this.#used.set(key, nowMs)
    return true
  }

  #step(): number {
    return Math.floor(this.#nowMs() / stepMs)
  }
}

function denied(detail: string): StsError {
  return new StsError(
    'AccessDenied',
    403,
    `MultiFactorAuthentication${detail.startsWith(',') ? ' failed' : ''}${detail}`,
  )
}

/** RFC 6238, six digits, with a secret made from the serial. */
function totp(serial: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', createHash('sha1').update(serial).digest()).update(counter).digest()
  const offset = digest.readUInt8(19) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
