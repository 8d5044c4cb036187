import { checkOptions, optionNames } from '../check-options.ts'
import type { Clock } from '../clock.ts'
import type { Rate } from '../units.ts'
import { gateOf, Throttle } from './throttle.ts'

export interface SpeedLimits {
  /** Bytes per second, > 0, as a number or text; null does not limit. @default null */
  readonly readSpeedLimit?: Rate | null | undefined
  /** Bytes per second, > 0, as a number or text; null does not limit. @default null */
  readonly writeSpeedLimit?: Rate | null | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
}

const LIMITS = optionNames<SpeedLimits>({ readSpeedLimit: true, writeSpeedLimit: true, clock: true })

/** A throttle for each direction of a stream. */
export class StreamThrottle {
  readonly read: Throttle
  readonly write: Throttle

  /**
   * @param read What the program reads is held to this.
   * @param write What the program writes is held to this; may be the same throttle.
   * @throws {TypeError} If one is not a `Throttle`.
   */
  constructor(read: Throttle, write: Throttle) {
    gateOf(read)
    gateOf(write)
    this.read = read
    this.write = write
  }

  /** A new pair of throttles with the same settings. */
  clone(): StreamThrottle {
    const read = this.read.clone()
    return new StreamThrottle(read, this.read === this.write ? read : this.write.clone())
  }

  /** A pair of new throttles with these limits. @throws {RangeError} If one can't be read. */
  static fromLimits(limits: SpeedLimits = {}): StreamThrottle {
    checkOptions('create throttles from limits', limits, LIMITS)
    const { readSpeedLimit = null, writeSpeedLimit = null, clock } = limits
    return new StreamThrottle(
      new Throttle({ limit: readSpeedLimit, clock }),
      new Throttle({ limit: writeSpeedLimit, clock }),
    )
  }
}
