import type { ClockReading } from '../../../core/clock.ts'
import type { Context } from '../../../core/context.ts'
import { containerDocument } from '../../../core/roots/container-document.ts'
import type { Arguments } from '../../../core/verb.ts'
import { monotonicMs } from '../../../io/monotonic-clock.ts'
import { type CredentialsOptions, credentialsOf, planOf } from '../obtain-credentials.ts'
import { SessionMemory } from '../session-memory.ts'
import { openWorkspace, type Workspace } from '../workspace.ts'

export interface ServedProfileOptions {
  readonly profile: string
  readonly verbName: string
  readonly given: Arguments
}

type CallOptions = Pick<CredentialsOptions, 'patience' | 'asking'>

/**
 * One profile as an endpoint hands it out, for as long as this process lives. Each answer is planned anew from the files
 * and the index, by the rules of `process`: a changed profile never gets the old session.
 */
export class ServedProfile {
  readonly #context: Context
  readonly #options: ServedProfileOptions
  readonly #memory = new SessionMemory(monotonicMs)
  readonly #clocks = new Map<string, ClockReading>()
  readonly #flights = new Map<string, Promise<string>>()

  constructor(context: Context, options: ServedProfileOptions) {
    this.#context = context
    this.#options = options
  }

  /**
   * The JSON document; all who ask while it is made get the same one, also when whoever asked first has left: SDKs
   * give up after 1 or 2 s and ask again. Throws `CredError`.
   */
  async document(call: (workspace: Workspace) => CallOptions): Promise<string> {
    const { profile, verbName, given } = this.#options
    // STS's clock is remembered for where the index cannot be written.
    const workspace = { ...openWorkspace(this.#context), clocks: this.#clocks }
    const plan = planOf(workspace, profile, verbName, given)
    const flightName = JSON.stringify(plan)
    const flying = this.#flights.get(flightName)
    if (flying !== undefined) return flying
    const flight = credentialsOf(workspace, plan, {
      ...call(workspace),
      refresh: false,
      serveLasting: true,
      remembering: (sources) => this.#memory.remembering(sources),
    })
      .then((credentials) => containerDocument(profile, credentials))
      .finally(() => this.#flights.delete(flightName))
    this.#flights.set(flightName, flight)
    return flight
  }
}
