import { QUANTUM_TIME } from '../rate/byte-bucket.ts'
import { type OutagePolicy, outageRate } from './outage.ts'
import type { Sale } from './protocol.ts'

/** How a process takes part. Times in ms, sizes in bytes, rates in bytes per second. */
export interface ShareSettings {
  readonly limit: number | null
  readonly weight: number
  readonly burst: number
  readonly interval: number
  readonly onOutage: OutagePolicy
  readonly partitionTtl: number
  readonly floor: number | undefined
}

/** What is the part of a process in a budget, by what Redis said last. */
export class Portion {
  readonly #settings: ShareSettings
  /** Bytes per second, or null. */
  limit: number | null
  weight: number
  /** How long a round takes, in ms. */
  interval: number
  #sale: Sale | undefined

  constructor(settings: ShareSettings) {
    this.#settings = settings
    this.limit = settings.limit
    this.weight = settings.weight
    this.interval = settings.interval
  }

  /** What Redis said last. */
  get sale(): Sale | undefined {
    return this.#sale
  }

  set sale(sale: Sale) {
    this.#sale = sale
    this.interval = sale.interval
    this.weight = sale.weight
  }

  /** The sum of the weights of all, as far as this process knows. */
  get weights(): number {
    return Math.max(this.weight, this.#sale?.weights ?? 0)
  }

  /** The burst that is this process's, in bytes. Together they have no more than one alone. */
  get burst(): number {
    return (this.#settings.burst * this.weight) / this.weights
  }

  /** What it holds at hand while idle, in bytes: its part of the burst and of a quantum. */
  get stock(): number {
    return this.burst + ((this.limit ?? 0) * QUANTUM_TIME * this.weight) / this.weights / 1000
  }

  /** What a full lease gives, in bytes per ms. */
  get pace(): number {
    return (this.#sale?.lease ?? 0) / this.interval
  }

  /** How many rounds pass until what is bought now begins. */
  get ahead(): number {
    return Math.min(2, (this.#sale?.lead ?? 0) / this.interval)
  }

  /** The rate without Redis, in bytes per second. @param kept Whether others keep its share for it. */
  outageRate(kept: boolean): number {
    const { onOutage, floor } = this.#settings
    const limit = this.limit ?? Infinity
    const fair = (limit * this.weight) / this.weights
    return outageRate(onOutage, { limit, rate: this.#sale?.rate, fair, floor, kept })
  }

  /** For how many ms it goes on without Redis, and at which rate, as others must know; undefined for that which it had. */
  get holding(): { readonly hold: number; readonly holdRate: number | undefined } {
    const { onOutage, partitionTtl } = this.#settings
    if (onOutage === 'closed') return { hold: 0, holdRate: 0 }
    if (onOutage === 'hold-share') return { hold: partitionTtl, holdRate: undefined }
    return { hold: partitionTtl, holdRate: this.limit === null ? undefined : this.outageRate(true) }
  }
}
