import type { Clock } from '../clock.ts'

/** What comes out of a {@link BytePipe}. */
export interface BytePipeReader {
  /** Some bytes. False holds the next ones back until {@link BytePipe.resume}. */
  bytes(bytes: Buffer): boolean
  /** No bytes come any more. */
  end(): void
  /** The writer is gone. Never held back. */
  reset(cause: Error | undefined): void
}

/** Bytes, or the end, on their way. */
interface Parcel {
  readonly bytes: Buffer | undefined
  readonly dueAt: number
  next: Parcel | undefined
}

/** Bytes for which there is no room yet. */
interface Held {
  readonly bytes: Buffer
  offset: number
  readonly done: (error?: Error) => void
}

/**
 * One direction of a connection: bytes come out `latency` ms after they went in, in order, and no more than `bufferSize` of
 * them are inside, be it that they are still on their way or that the reader holds them back.
 */
export class BytePipe {
  readonly #latency: number
  readonly #bufferSize: number
  readonly #clock: Clock
  readonly #reader: BytePipeReader
  #first: Parcel | undefined
  #last: Parcel | undefined
  #size = 0
  #held: Held | undefined
  #hasEnded = false
  #isWanted = false
  #isDelivering = false
  #isReaderGone = false
  #onLoss: (() => void) | undefined
  #reset: { readonly dueAt: number; readonly cause: Error | undefined } | undefined
  #armed: { readonly dueAt: number; readonly cancel: () => void } | undefined

  constructor(latency: number, bufferSize: number, clock: Clock, reader: BytePipeReader) {
    this.#latency = latency
    this.#bufferSize = bufferSize
    this.#clock = clock
    this.#reader = reader
  }

  /**
   * Puts bytes in. They are copied, since the writer may use its memory again once `done` is called.
   *
   * @param done Called when the last of them is in; until then the writer must not write again.
   */
  write(bytes: Buffer, done: (error?: Error) => void): void {
    this.#held = { bytes, offset: 0, done }
    this.#admit()
    this.#schedule()
  }

  /** No bytes follow. */
  end(): void {
    this.#hasEnded = true
    if (this.#isReaderGone) return
    this.#append(undefined)
    this.#schedule()
  }

  /** The reader has room again. What is due comes at once. */
  resume(): void {
    this.#isWanted = true
    if (!this.#isDelivering) this.#deliver()
  }

  /**
   * The writer leaves. If it has ended, what is inside still comes out; if not, the reader hears of it after the latency, and
   * loses what it has not taken by then.
   *
   * @param error For the write that is still held back.
   * @param cause Given if the writer leaves in anger: then the reader hears of it in any case.
   */
  abandon(error: Error, cause: Error | undefined): void {
    const held = this.#held
    this.#held = undefined
    held?.done(error)
    if (cause || !this.#hasEnded) this.reset(cause)
  }

  /** Tells the reader, after the latency, that the writer is gone. */
  reset(cause: Error | undefined): void {
    if (this.#isReaderGone || this.#reset) return
    this.#reset = { dueAt: this.#clock.now() + this.#latency, cause }
    this.#schedule()
  }

  /**
   * The reader leaves. What is inside is dropped, and no timer is left.
   *
   * @param onLoss Called once if bytes are lost by that, now or later. Their writer never hears that they are in.
   */
  close(onLoss: () => void): void {
    const hasBytes = this.#size > 0 || this.#held !== undefined
    this.#isReaderGone = true
    this.#first = undefined
    this.#last = undefined
    this.#size = 0
    this.#reset = undefined
    this.#armed?.cancel()
    this.#armed = undefined
    if (hasBytes) onLoss()
    else this.#onLoss = onLoss
  }

  /** Takes in as much of what is held as there is room for. */
  #admit(): void {
    const held = this.#held
    if (held === undefined) return
    if (this.#isReaderGone && held.bytes.length > 0) {
      this.#onLoss?.()
      this.#onLoss = undefined
      return
    }
    const bytes = held.bytes.subarray(held.offset, held.offset + this.#bufferSize - this.#size)
    held.offset += bytes.length
    if (bytes.length > 0) this.#append(Buffer.from(bytes))
    if (held.offset < held.bytes.length) return
    this.#held = undefined
    held.done()
  }

  #append(bytes: Buffer | undefined): void {
    const parcel: Parcel = { bytes, dueAt: this.#clock.now() + this.#latency, next: undefined }
    if (this.#last) this.#last.next = parcel
    else this.#first = parcel
    this.#last = parcel
    this.#size += bytes?.length ?? 0
  }

  /** Hands over all that is due and wanted. */
  #deliver(): void {
    this.#isDelivering = true
    let parcel = this.#first
    while (parcel && this.#isWanted && parcel.dueAt <= this.#clock.now()) {
      this.#first = parcel.next
      if (!this.#first) this.#last = undefined
      this.#handOver(parcel.bytes)
      parcel = this.#first // not parcel.next: the reader may have left
    }
    this.#isDelivering = false
    const reset = this.#reset
    if (reset && reset.dueAt <= this.#clock.now()) {
      this.#reset = undefined
      this.#reader.reset(reset.cause)
    }
    this.#schedule()
  }

  #handOver(bytes: Buffer | undefined): void {
    if (!bytes) {
      this.#reader.end()
      return
    }
    this.#size -= bytes.length
    this.#isWanted = false
    // The reader may call resume() while it takes these, whatever it returns in the end.
    if (this.#reader.bytes(bytes)) this.#isWanted = true
    this.#admit()
  }

  /** Sees to it that a timer is set if, and only if, something is to come out by time alone. */
  #schedule(): void {
    const dueAt = this.#isWanted && this.#first ? this.#first.dueAt : this.#reset?.dueAt
    if (dueAt === undefined) return
    if (this.#armed) {
      if (this.#armed.dueAt <= dueAt) return
      this.#armed.cancel()
    }
    this.#armed = { dueAt, cancel: this.#callAt(dueAt) }
  }

  /** Without latency no clock is needed, only that the writer's call returns before the reader's begins. */
  #callAt(dueAt: number): () => void {
    let isCancelled = false
    const wake = () => {
      if (isCancelled) return
      this.#armed = undefined
      this.#deliver()
    }
    if (this.#latency > 0) return this.#clock.sleepUntil(dueAt, wake)
    process.nextTick(wake)
    return () => {
      isCancelled = true
    }
  }
}
