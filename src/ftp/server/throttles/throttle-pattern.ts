import { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import type { Throttle } from '../../../throttle/throttle.ts'
import type { Rate } from '../../../units.ts'

/** What a throttle of each connection is like. What is set here is set on all that there are, and on those to come. */
export class ThrottlePattern {
  readonly #sample: Throttle
  readonly #copies = new Set<Throttle>()

  constructor(sample: Throttle) {
    this.#sample = sample
  }

  /** As `Throttle.limit`: bytes per second, or null for no limit. @throws {RangeError} If it is not > 0, or can't be read. */
  get limit(): number | null {
    return this.#sample.limit
  }

  set limit(limit: Rate | null) {
    this.#sample.limit = limit
    for (const copy of this.#copies) copy.limit = limit
  }

  get paused(): boolean {
    return this.#sample.paused
  }

  /** Lets nothing pass until {@link ThrottlePattern.resume}. */
  pause(): void {
    this.#sample.pause()
    for (const copy of this.#copies) copy.pause()
  }

  resume(): void {
    this.#sample.resume()
    for (const copy of this.#copies) copy.resume()
  }

  /** A throttle for a connection, which follows from now on. @internal */
  copy(): Throttle {
    const copy = this.#sample.clone()
    if (this.#sample.paused) copy.pause()
    this.#copies.add(copy)
    return copy
  }

  /** The connection has ended. @internal */
  drop(copy: Throttle): void {
    this.#copies.delete(copy)
  }
}

/** A pattern for each direction: `read` for uploads, `write` for downloads. */
export class StreamThrottlePattern {
  readonly read: ThrottlePattern
  readonly write: ThrottlePattern
  readonly #isOne: boolean

  constructor(sample: StreamThrottle) {
    this.#isOne = sample.read === sample.write
    this.read = new ThrottlePattern(sample.read.clone())
    this.write = this.#isOne ? this.read : new ThrottlePattern(sample.write.clone())
  }

  /** @internal */
  copy(): StreamThrottle {
    const read = this.read.copy()
    return new StreamThrottle(read, this.#isOne ? read : this.write.copy())
  }

  /** @internal */
  drop(copy: StreamThrottle): void {
    this.read.drop(copy.read)
    this.write.drop(copy.write)
  }
}
