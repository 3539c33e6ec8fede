/** How far STS's clock is from ours, as it was seen at one moment. */
export interface ClockReading {
  /** STS's time minus this machine's, in milliseconds. */
  readonly offsetMs: number
  readonly wallMs: number
  /** `os.uptime()` at that moment: seconds since boot, sleep included. */
  readonly uptimeS: number
}

/** Wall and uptime may part by this much before the reading counts for nothing: someone set the clock. */
const MAX_DRIFT_MS = 30_000

/** No clock is off by a hundred years: a reading that says so is damaged, and no time could be made of some. */
const MAX_OFFSET_MS = 100 * 365 * 86_400_000

/**
 * The offset to add to this machine's time to get STS's, or null when it is not known: no reading or a damaged one,
 * another boot (uptime went back), or a clock that was set since (wall and uptime no longer agree).
 */
export function clockOffsetMs(reading: ClockReading | null, nowMs: number, uptimeS: number): number | null {
  if (reading === null || uptimeS < reading.uptimeS || Math.abs(reading.offsetMs) > MAX_OFFSET_MS) return null
  const drift = nowMs - reading.wallMs - (uptimeS - reading.uptimeS) * 1000
  return Math.abs(drift) > MAX_DRIFT_MS ? null : reading.offsetMs
}

/** From how much on an expiration is moved to this machine's clock: consumers compare it with theirs. */
const NOTICED_OFFSET_MS = 60_000

/** The expiration in this machine's time, for consumers that know no other. */
export function localExpirationMs(expiresMs: number, offsetMs: number): number {
  return Math.abs(offsetMs) > NOTICED_OFFSET_MS ? expiresMs - offsetMs : expiresMs
}

/**
 * `YYYY-MM-DDTHH:MM:SSZ`: the only form that every consumer reads (contract §1.3). By arithmetic (days since 1 March
 * of year 0 in the proleptic Gregorian calendar), because the first `Date` of a process loads ICU's time zones: 1 ms and 2 MB of a hit.
 */
export function toUtcSeconds(timeMs: number): string {
  const seconds = Math.floor(timeMs / 1000)
  const days = Math.floor(seconds / 86_400)
  const ofDay = seconds - days * 86_400
  const sinceMarch0 = days + 719_468
  const era = Math.floor(sinceMarch0 / 146_097)
  const ofEra = sinceMarch0 - era * 146_097
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  )
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * ofYear + 2) / 153)
  const day = ofYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const clock = [ofDay / 3600, (ofDay % 3600) / 60, ofDay % 60].map((part) => digits(Math.floor(part), 2)).join(':')
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${clock}Z`
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

/** `47 min`, `3 h 12 min`, `2 d`: a span for people. Below a minute in seconds. */
export function spanText(spanMs: number): string {
  const seconds = Math.max(0, Math.floor(spanMs / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d`
}
