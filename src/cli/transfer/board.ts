import type { TransferProgress } from '../../ftp/client/index.ts'
import { Meter } from '../../rate/meter.ts'

/** How a file that is being transferred stands. */
export interface RunningFile {
  readonly path: string
  readonly bytes: number
  readonly size: number | undefined
  /** Bytes per second over the last second. */
  readonly rate: number
}

/** How all transfers stand together. */
export interface BoardTotals {
  /** Files that are done. */
  readonly files: number
  /** Bytes that are there, of all files. */
  readonly bytes: number
  /** Bytes to expect, if that is known of all transfers. */
  readonly size: number | undefined
}

/** What is remembered of the files of one transfer. */
interface Part {
  readonly files: Map<string, { bytes: number; size: number | undefined; readonly meter: Meter }>
  last: TransferProgress | undefined
}

/** Gathers what transfers tell of their progress, for those who want to show it. */
export class Board {
  readonly #parallel: number
  readonly #now: () => number
  readonly #parts = new Map<unknown, Part>()
  readonly #count: number

  /**
   * @param count How many transfers there are going to be.
   * @param parallel How many files each of them moves at a time.
   */
  constructor(count: number, parallel: number, now: () => number) {
    this.#count = count
    this.#parallel = parallel
    this.#now = now
  }

  /** @param key Which transfer it is. */
  update(key: unknown, progress: TransferProgress): void {
    let part = this.#parts.get(key)
    if (!part) {
      part = { files: new Map(), last: undefined }
      this.#parts.set(key, part)
    }
    part.last = progress
    const { path, bytes, size } = progress
    const now = this.#now()
    const file = part.files.get(path)
    // Taken out and put in again, so that those that were heard of last stand at the end.
    part.files.delete(path)
    if (size !== undefined && bytes >= size) return
    if (file) file.meter.record(bytes - file.bytes, now)
    part.files.set(path, { bytes, size, meter: file?.meter ?? new Meter(1000, now) })
    // Of a file that fails nothing is heard any more; another one has its place.
    if (part.files.size > this.#parallel) part.files.delete(part.files.keys().next().value ?? '')
  }

  /** A transfer is over. */
  end(key: unknown): void {
    this.#parts.get(key)?.files.clear()
  }

  /** The files that are being transferred, those that began first at the top. */
  get running(): RunningFile[] {
    const now = this.#now()
    const files = [...this.#parts.values()].flatMap(({ files }) => [...files])
    return files
      .map(([path, { bytes, size, meter }]) => ({ path, bytes, size, rate: meter.rate(1000, now) }))
      .sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  get totals(): BoardTotals {
    let [files, bytes, size]: [number, number, number | undefined] = [0, 0, 0]
    for (const { last } of this.#parts.values()) {
      files += last?.files ?? 0
      bytes += last?.totalBytes ?? 0
      const known = last?.totalSize
      size = size === undefined || known === undefined ? undefined : size + known
    }
    return { files, bytes, size: this.#parts.size < this.#count ? undefined : size }
  }
}
