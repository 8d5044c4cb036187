import type { Clock } from '../../clock.ts'
import { BusyError, LineTooLongError } from '../../errors.ts'
import type { ByteSource } from '../adapters/byte-source.ts'
import { Lane } from './lane.ts'
import { ReadBuffer } from './read-buffer.ts'
import type { Separator } from './separator.ts'
import type { Patience } from './silence.ts'

/** Takes from 1 to `wanted` of the buffered bytes when they may move; see `StreamIO.take`. */
export type Take = (wanted: number, signal: AbortSignal) => Buffer | Promise<Buffer>

export interface ReadSideOptions {
  /** How long the other side may be silent at this moment. */
  readonly patience: () => Patience
  /** Bytes. */
  readonly maxLineLength: number
  readonly clock: Clock
}

/**
 * The reading half of a stream. Bytes come in three steps: waiting until some lie in the buffer (where silence counts), asking
 * `take` for them (where it does not), and handing them over. A call that fails puts back what it took, so it loses nothing,
 * and those bytes are not asked for a second time.
 */
export class ReadSide {
  source: ByteSource
  readonly #buffer = new ReadBuffer()
  readonly #lane: Lane
  readonly #patience: () => Patience
  readonly #maxLineLength: number
  readonly #grant: Take
  /** How many bytes at the front of the buffer were granted before, and put back. */
  #granted = 0
  #busy = false
  /** What the last read that failed failed with. */
  lastError: unknown

  constructor(source: ByteSource, options: ReadSideOptions, grant: Take) {
    this.source = source
    this.#lane = new Lane(options.clock)
    this.#patience = options.patience
    this.#maxLineLength = options.maxLineLength
    this.#grant = grant
  }

  /** Bytes that have come and were not read, where they can be seen. */
  get buffered(): number {
    const { stream } = this.source
    return this.#buffer.length + ('readableLength' in stream ? stream.readableLength : 0)
  }

  /** Takes from the buffer without asking anybody. */
  take(count: number): Buffer {
    return this.#buffer.take(count)
  }

  /** From 1 to `count` bytes; none at the end. */
  readSome(count: number, signal: AbortSignal | undefined): Promise<Buffer> {
    return this.#collect('read', signal, async (taken) => {
      if (this.#buffer.length > 0 || (await this.#fill())) taken.push(await this.#take(count))
    })
  }

  /** `count` bytes; fewer at the end. */
  readFull(count: number, signal: AbortSignal | undefined): Promise<Buffer> {
    return this.#collect('read', signal, (taken) => this.#takeFull(count, taken))
  }

  /** Up to and including `separator`; all that is left if it does not come any more. */
  async readUntil(
    separator: Separator,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly bytes: Buffer; readonly found: boolean }> {
    let end = -1
    const bytes = await this.#collect('read', signal, async (taken) => {
      end = await this.#find(separator)
      await this.#takeFull(end < 0 ? this.#buffer.length : end, taken)
    })
    return { bytes, found: end >= 0 }
  }

  /** Keeps readers out while `work` runs. */
  async exclusively<T>(action: string, work: () => Promise<T>): Promise<T> {
    this.#lane.check(action, undefined)
    if (this.#busy) throw new BusyError(action)
    this.#busy = true
    try {
      return await work()
    } finally {
      this.#busy = false
    }
  }

  /** Ends the running call with `reason`. Later ones throw `ClosedError`. */
  close(reason: unknown): void {
    this.#lane.close(reason)
  }

  async #collect(
    action: string,
    signal: AbortSignal | undefined,
    work: (taken: Buffer[]) => Promise<void>,
  ): Promise<Buffer> {
    const taken: Buffer[] = []
    try {
      await this.exclusively(action, () => this.#lane.run(action, signal, () => work(taken)))
    } catch (error) {
      this.putBack(taken)
      this.lastError = error
      throw error
    }
    const [first] = taken
    return taken.length === 1 && first ? first : Buffer.concat(taken)
  }

  /** Puts bytes that were taken back to the front of the buffer. They are not asked for a second time. */
  putBack(taken: readonly Buffer[]): void {
    const before = this.#buffer.length
    this.#buffer.putBack(taken)
    this.#granted += this.#buffer.length - before
  }

  async #takeFull(count: number, taken: Buffer[]): Promise<void> {
    for (let missing = count; missing > 0; ) {
      if (this.#buffer.length === 0 && !(await this.#fill())) return
      const bytes = await this.#take(missing)
      taken.push(bytes)
      missing -= bytes.length
    }
  }

  /** Takes some of the first `wanted` bytes of the buffer, which holds at least one. */
  #take(wanted: number): Buffer | Promise<Buffer> {
    if (this.#granted === 0) return this.#grant(Math.min(wanted, this.#buffer.length), this.#lane.signal)
    const bytes = this.#buffer.take(Math.min(wanted, this.#granted))
    this.#granted -= bytes.length
    return bytes
  }

  /** Where the part that `separator` ends ends, in the buffer; -1 if the stream ends before. */
  async #find(separator: Separator): Promise<number> {
    for (let from = 0; ; ) {
      const at = this.#buffer.indexOf(separator, from)
      const end = at < 0 ? this.#buffer.length : at + separator.length
      if (end > this.#maxLineLength) throw new LineTooLongError(this.#maxLineLength)
      if (at >= 0) return end
      from = Math.max(0, end - separator.length + 1)
      if (!(await this.#fill())) return -1
    }
  }

  /** Adds what comes next to the buffer. False at the end. */
  async #fill(): Promise<boolean> {
    for (;;) {
      this.#lane.signal.throwIfAborted()
      const bytes = this.source.pull()
      if (bytes) {
        this.#buffer.push(bytes)
        return true
      }
      if (this.source.ended) return false
      await this.#lane.patiently(this.#patience(), (signal) => this.source.ready(signal))
    }
  }
}
