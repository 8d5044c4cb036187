import { checkFlag, checkMilliseconds } from '../../../check-options.ts'
import { checkSignal } from '../../../on-abort.ts'
import { checkStreamThrottle } from '../../../throttle/limits.ts'
import type { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import { checkWeight } from '../../../throttle/throttle.ts'
import { type RetrySettings, retrySettings } from './retry.ts'
import type { CommonTransferOptions, TransferProgress, UploadOptions } from './transfer-types.ts'

/** What holds for each file of a transfer; the options, checked and complete. */
export interface TransferSettings {
  readonly resume: boolean
  /** Whether a file on the server that may be a part of the one to be uploaded, by its size and time, is taken for that if its bytes can't be compared. */
  readonly trustsParts: boolean
  readonly retry: RetrySettings
  readonly checksum: boolean
  readonly preserveTimes: boolean
  readonly atomic: boolean
  readonly throttles: Readonly<Record<string, StreamThrottle>>
  readonly weight: number
  readonly onProgress: ((progress: TransferProgress) => void) | undefined
  /** Milliseconds. */
  readonly progressInterval: number
}

/** The names of the options that all transfers have. */
export const COMMON_NAMES = {
  ...{ resume: true, retry: true, onProgress: true, progressInterval: true, checksum: true },
  ...{ preserveTimes: true, throttles: true, weight: true, signal: true },
}

/** And of those of trees. */
export const TREE_NAMES = { include: true, exclude: true, onError: true }

/** @throws {TypeError | RangeError} If an option is wrong. Their names are checked where they come in. */
export function transferSettings(
  options: CommonTransferOptions & Pick<UploadOptions, 'atomic'> = {},
): TransferSettings {
  const { throttles = {}, weight = 1, onProgress, progressInterval = 250 } = options
  checkSignal(options.signal)
  for (const [name, throttle] of Object.entries(throttles)) checkStreamThrottle(name, throttle)
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError(`Cannot transfer: 'onProgress' must be a function, is ${typeof onProgress}`)
  }
  checkMilliseconds('transfer', 'progressInterval', progressInterval)
  if (!(progressInterval >= 0)) {
    throw new RangeError(`Cannot transfer: 'progressInterval' must be >= 0 ms, is ${String(progressInterval)}`)
  }
  const flag = (name: string, value: boolean | undefined, usual: boolean) => checkFlag('transfer', name, value, usual)
  return {
    resume: flag('resume', options.resume, false),
    trustsParts: true,
    retry: retrySettings(options.retry),
    checksum: flag('checksum', options.checksum, false),
    preserveTimes: flag('preserveTimes', options.preserveTimes, true),
    atomic: flag('atomic', options.atomic, false),
    throttles,
    weight: checkWeight(weight),
    onProgress,
    progressInterval,
  }
}
