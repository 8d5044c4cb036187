import type { Clock } from '../../../clock.ts'
import { Meter } from '../../../rate/meter.ts'
import type { TransferProgress } from './transfer-types.ts'

/** Over how many ms the rate is taken. */
const WINDOW = 1000

/** Tells how far a transfer of one or several files is, at most every so many ms. It has no timer: bytes that move drive it. */
export class JobProgress {
  readonly #direction: 'download' | 'upload'
  readonly #tell: (progress: TransferProgress) => void
  readonly #interval: number
  readonly #clock: Clock
  readonly #meter: Meter
  #toldAt = -Infinity
  #bytes = 0
  #files = 0
  #last: FileProgress | undefined
  readonly #isSingle: boolean
  /** Bytes of all files together, as far as they are known; may change at any time. */
  totalSize: number | undefined

  constructor(options: {
    readonly direction: 'download' | 'upload'
    readonly onProgress: (progress: TransferProgress) => void
    /** Milliseconds. */
    readonly interval: number
    readonly clock: Clock
    readonly totalSize?: number | undefined
    /** Whether there is one file only, whose size is that of all. @default false */
    readonly isSingle?: boolean | undefined
  }) {
    this.#direction = options.direction
    this.#tell = options.onProgress
    this.#interval = options.interval
    this.#clock = options.clock
    this.#meter = new Meter(WINDOW, options.clock.now())
    this.totalSize = options.totalSize
    this.#isSingle = options.isSingle ?? false
  }

  /** A file whose transfer begins. Several can run at the same time. */
  begin(path: string, size?: number): FileProgress {
    return new FileProgress(this, path, size)
  }

  /** Tells how it stands, however short ago it did: at the end. */
  end(): void {
    if (this.#last) this.#report(this.#last, this.#clock.now())
  }

  /** @internal */
  count(file: FileProgress, moved: number, there: number): void {
    const now = this.#clock.now()
    this.#last = file
    this.#bytes += there
    if (moved > 0) this.#meter.record(moved, now)
    if (moved > 0 && now - this.#toldAt >= this.#interval) this.#report(file, now)
  }

  /** @internal */
  ended(file: FileProgress): void {
    this.#files++
    this.#last = file
  }

  #report(file: FileProgress, now: number): void {
    this.#toldAt = now
    const rate = this.#meter.rate(WINDOW, now)
    const totalSize = this.#isSingle ? file.size : this.totalSize
    const remaining = totalSize === undefined ? undefined : Math.max(0, totalSize - this.#bytes)
    this.#tell({
      direction: this.#direction,
      path: file.path,
      bytes: file.bytes,
      size: file.size,
      totalBytes: this.#bytes,
      totalSize,
      files: this.#files,
      rate,
      eta:
        remaining === undefined || (rate === 0 && remaining > 0) ? undefined : remaining && (remaining / rate) * 1000,
    })
  }
}

/** How far one file is. */
export class FileProgress {
  readonly #job: JobProgress
  readonly path: string
  #size: number | undefined
  #bytes = 0

  constructor(job: JobProgress, path: string, size: number | undefined) {
    this.#job = job
    this.path = path
    this.#size = size
  }

  /** How many bytes it has, if that is known. */
  get size(): number | undefined {
    return this.#size
  }

  /** How many of its bytes are there. */
  get bytes(): number {
    return this.#bytes
  }

  /** So many bytes it has. What is known already stays if this is undefined. */
  sized(size: number | undefined): void {
    this.#size = size ?? this.#size
  }

  /** An attempt begins, where so many bytes are there already. */
  start(at: number): void {
    const there = at - this.#bytes
    this.#bytes = at
    this.#job.count(this, 0, there)
  }

  /** Bytes have moved. */
  moved(count: number): void {
    this.#bytes += count
    this.#job.count(this, count, count)
  }

  /** The file is done. */
  end(): void {
    this.#job.ended(this)
  }

  /** The file has failed: its bytes do not count. */
  fail(): void {
    this.start(0)
  }
}
