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
  /** Why a look failed, in one line. */
  readonly reasonOf: (error: unknown) => string
}

/** Milliseconds after which a look that has no answer is an outage. */
const PATIENCE = 1000

/**
 * Looks at a budget again and again. Where Redis does not answer it goes on, with one call waiting at most. What was never seen at all, or
 * can't be used, ends it.
 */
export class Lookout {
  readonly #options: LookoutOptions
  readonly #roster = new Roster()
  readonly #rates = new Rates()
  #state: BudgetState | undefined
  #hasSeen = false
  #isLooking = false
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
    const { clock, look, reasonOf } = this.#options
    const sentAt = clock.now()
    const lose = (reason?: string) => {
      if (this.#outage) return
      this.#outage = { since: sentAt, reason }
      show(this.#view)
    }
    this.#cancel = clock.sleepUntil(sentAt + PATIENCE, () => lose(), 10)
    try {
      const found = await look({ signal })
      const state = found && this.#rates.measure(found, clock.now())
      this.#state = state
      this.#hasSeen = true
      this.#outage = undefined
      this.#roster.update(state?.members ?? [], state?.interval ?? 0, clock.now())
      show(this.#view)
    } catch (error) {
      if (signal.aborted || !this.#hasSeen || error instanceof BudgetError) throw error
      lose(reasonOf(error))
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
