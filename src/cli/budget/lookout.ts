import type { Clock } from '../../clock.ts'
import { onAbort } from '../../on-abort.ts'
import { BudgetError, type BudgetState, type WaitOptions } from '../../redis/index.ts'
import { repeat } from '../progress/repeat.ts'
import { Rates } from './rates.ts'
import { Roster } from './roster.ts'
import type { View } from './view.ts'

export interface LookoutOptions {
  readonly clock: Clock
  readonly name: string
  /** Milliseconds between two looks. */
  readonly interval: number
  readonly look: (options: WaitOptions) => Promise<BudgetState | undefined>
  /** Makes another connection, where looks have no answer. */
  readonly renew: () => Promise<void>
  /** Why a look failed, in one line. */
  readonly reasonOf: (error: unknown) => string
}

/** Milliseconds after which a look that has no answer is an outage. */
const PATIENCE = 1000
/**
 * Milliseconds after which its connection is given up. A client makes another one when it learns that the one it has
 * is broken; of a partition it learns nothing, and TCP would try for a quarter of an hour.
 */
const GIVE_UP = 5000

/**
 * Looks at a budget again and again. Where Redis does not answer it goes on, with one call waiting at most. What was
 * never seen at all, or can't be used, ends it.
 */
export class Lookout {
  readonly #options: LookoutOptions
  readonly #roster = new Roster()
  readonly #rates = new Rates()
  #state: BudgetState | undefined
  #hasSeen = false
  #isLooking = false
  #mustRenew = false
  /** Ends the patience with the look that is under way. */
  #cancel = () => {}
  #outage: { readonly since: number; readonly reason: string | undefined } | undefined

  constructor(options: LookoutOptions) {
    this.#options = options
  }

  /**
   * @param show Is told what there is to see: after each look, and while there is an outage at each time for one.
   * @returns Rejects when it has to end.
   */
  async run(show: (view: View) => void, signal: AbortSignal): Promise<never> {
    const { clock, interval } = this.#options
    let stop = () => {}
    let unlisten = () => {}
    try {
      return await new Promise<never>((_, reject) => {
        unlisten = onAbort(signal, reject)
        const look = () => {
          if (this.#outage) show(this.#view)
          this.#look(show, signal).catch(reject)
        }
        look()
        stop = repeat(clock, interval, look)
      })
    } finally {
      stop()
      unlisten()
      this.#cancel()
    }
  }

  async #look(show: (view: View) => void, signal: AbortSignal): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const { clock, look, renew, reasonOf } = this.#options
    const sentAt = clock.now()
    const silence = new AbortController()
    const lose = (reason?: string) => {
      // Silence may turn out to have a reason.
      if (this.#outage && (this.#outage.reason !== undefined || reason === undefined)) return
      this.#outage = { since: this.#outage?.since ?? sentAt, reason }
      show(this.#view)
    }
    const endPatience = clock.sleepUntil(sentAt + PATIENCE, () => lose(), 10)
    this.#cancel = endPatience
    try {
      if (this.#mustRenew) await renew()
      this.#mustRenew = false
      // A connection that was only just made has its own time.
      const endWait = clock.sleepUntil(clock.now() + GIVE_UP, () => silence.abort(), 10)
      this.#cancel = () => {
        endPatience()
        endWait()
      }
      const found = await look({ signal: AbortSignal.any([signal, silence.signal]) })
      const state = found && this.#rates.measure(found, clock.now())
      this.#state = state
      this.#hasSeen = true
      this.#outage = undefined
      this.#roster.update(state?.members ?? [], state?.interval ?? 0, clock.now())
      show(this.#view)
    } catch (error) {
      const isSilent = silence.signal.aborted
      if (signal.aborted || (!this.#hasSeen && !isSilent) || error instanceof BudgetError) throw error
      if (isSilent) this.#mustRenew = true
      else lose(reasonOf(error))
    } finally {
      this.#cancel()
      this.#isLooking = false
    }
  }

  get #view(): View {
    const { clock, name } = this.#options
    const outage = this.#outage && { lasts: clock.now() - this.#outage.since, reason: this.#outage.reason }
    return { name, state: this.#state, watched: this.#roster.watched, outage }
  }
}
