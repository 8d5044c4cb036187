import type { Clock } from '../../clock.ts'
import { ClosedError } from '../../errors.ts'
import { onAbort } from '../../on-abort.ts'
import type { ByteSink } from '../adapters/byte-sink.ts'
import { unsentBytes } from '../adapters/unsent-bytes.ts'
import { Lane } from './lane.ts'
import type { Patience } from './silence.ts'
import { Turns } from './turns.ts'

/** Hands over from 1 to all of `bytes` when they may move, and says how many; see `StreamIO.send`. */
export type Send = (bytes: Uint8Array, signal: AbortSignal) => number | Promise<number>

/** How much is handed to the sink in one piece: a stream takes what it is given whole, and TLS even encrypts it whole. */
const SLICE = 64 * 1024

/** The writing half of a stream. Calls take turns, so their bytes never mix. */
export class WriteSide {
  #sink: ByteSink
  readonly #lane: Lane
  readonly #turns = new Turns()
  readonly #patience: () => Patience
  readonly #grant: Send
  /** False while the sink has more than enough. */
  #hasRoom = true
  #ended: Promise<void> | undefined
  /** What the last write that failed failed with. */
  lastError: unknown

  /** @param options `patience` is how long the other side may be silent at this moment. */
  constructor(sink: ByteSink, options: { readonly patience: () => Patience; readonly clock: Clock }, grant: Send) {
    this.#sink = sink
    this.#lane = new Lane(options.clock)
    const progress = () => unsentBytes(this.#sink.stream)
    this.#patience = () => ({ ...options.patience(), progress })
    this.#grant = grant
  }

  get sink(): ByteSink {
    return this.#sink
  }

  /** Goes on with another sink. Nothing may lie in the old one. */
  set sink(sink: ByteSink) {
    this.#sink = sink
    this.#hasRoom = true
  }

  /** Hands bytes to the sink without asking anybody. */
  send(bytes: Uint8Array): number {
    this.#hasRoom = this.#sink.write(bytes)
    return bytes.length
  }

  /** Settles when all bytes are handed over and there is room for more. */
  write(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const written = this.exclusively('write', signal, async () => {
      for (let sent = 0; sent < bytes.length; ) {
        await this.#room()
        sent += await this.#grant(bytes.subarray(sent, sent + SLICE), this.#lane.signal)
      }
      await this.#room()
    })
    return written.catch((error: unknown) => {
      this.lastError = error
      throw error
    })
  }

  /** Settles when everything that was handed over has gone out. */
  drained(): Promise<void> {
    return this.#lane.patiently(this.#patience(), (signal) => this.#sink.drained(signal))
  }

  /** Runs `work` when the calls before have ended, and keeps others out while it runs. */
  async exclusively<T>(action: string, signal: AbortSignal | undefined, work: (lane: Lane) => Promise<T>): Promise<T> {
    this.#lane.check(action, signal)
    if (this.#ended) throw new ClosedError(action)
    return await this.#turns.run(signal, () => this.#lane.run(action, signal, () => work(this.#lane)))
  }

  /**
   * Ends the stream when the calls before have ended and everything has gone out; later calls join. From here on, writes throw
   * `ClosedError`.
   *
   * @throws {TimeoutError} If nothing goes out for too long.
   */
  end(): Promise<void> {
    this.#ended ??= this.exclusively('end', undefined, () => this.#lane.patiently(this.#patience(), this.#end))
    return this.#ended
  }

  /** Ends the running calls and all that wait with `reason`. Later ones throw `ClosedError`. */
  close(reason: unknown): void {
    this.#lane.close(reason)
    this.#turns.reject(reason)
  }

  async #room(): Promise<void> {
    this.#lane.signal.throwIfAborted()
    if (this.#hasRoom) return
    await this.#lane.patiently(this.#patience(), (signal) => this.#sink.ready(signal))
    this.#hasRoom = true
  }

  readonly #end = async (signal: AbortSignal): Promise<void> => {
    const sink = this.#sink
    const wasClosed = sink.closed
    try {
      await sink.drained(signal)
      await unlessAborted(sink.end(), signal)
    } catch (error) {
      signal.throwIfAborted()
      // Somebody else had closed it, without an error: there is nothing left to end.
      if (!wasClosed || sink.error !== undefined) throw error
    }
  }
}

/** Settles as `work` does, which takes no signal, or with the signal's reason. */
export function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, reject)
    work.then(
      () => {
        forget()
        resolve()
      },
      (error: unknown) => {
        forget()
        reject(error)
      },
    )
  })
}
