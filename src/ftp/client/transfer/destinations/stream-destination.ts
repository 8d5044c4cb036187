import type { Writable } from 'node:stream'
import type { WritableStream } from 'node:stream/web'
import { ClosedError } from '../../../../errors.ts'
import { errorOf } from '../../../../on-abort.ts'
import { type ByteSink, byteSink } from '../../../../streams/adapters/byte-sink.ts'
import { unlessAborted } from '../../../../streams/io/write-side.ts'
import { ChangedError } from '../../../errors.ts'
import type { Checksum, ChecksumAlgorithm } from '../../operations/checksum.ts'
import { compare, type Digest, digest } from '../checksums.ts'
import { isSameFile } from '../partial-mark.ts'
import type { KnownFile } from '../transfer-types.ts'
import type { Destination } from './destination.ts'

/** A stream. What it was given can't be taken back: a further attempt goes on behind that, or fails. */
export class StreamDestination implements Destination {
  readonly #sink: ByteSink
  readonly #ends: boolean
  readonly #gone = new AbortController()
  #source: KnownFile | undefined
  #position = 0
  #digest: Digest | undefined
  #isOver = false
  #failure: { readonly error: unknown } | undefined

  /**
   * @param ends Whether the stream is ended with the download.
   * @throws {TypeError} If it is none, or locked.
   */
  constructor(stream: Writable | WritableStream<Uint8Array>, ends: boolean) {
    this.#sink = byteSink(stream)
    this.#ends = ends
    this.#sink.waitClosed().then(
      () => this.#close(new ClosedError('download to the stream')),
      (error: unknown) => this.#close(error),
    )
  }

  get position(): number {
    return this.#position
  }

  get canRestart(): boolean {
    return this.#position === 0
  }

  /** Aborts once the stream takes nothing more: whoever reads on its other side has gone. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  isOwn(error: unknown): boolean {
    return this.#failure !== undefined && this.#failure.error === error
  }

  async whereToBegin(source: KnownFile): Promise<number> {
    const before = this.#source
    this.#source = source
    if (before && this.#position > 0 && !isSameFile(before, source)) {
      const error = new ChangedError('it', 'it may have changed since its first part went to the stream')
      this.#failure = { error }
      throw error
    }
    return this.#position
  }

  async restart(): Promise<void> {}

  expect(algorithm: ChecksumAlgorithm): void {
    this.#digest = digest(algorithm)
  }

  async take(bytes: Buffer, signal: AbortSignal): Promise<void> {
    this.#digest?.update(bytes)
    // The stream may keep it for longer than the transfer does.
    await this.#own(async () => {
      if (!this.#sink.write(Buffer.from(bytes))) await this.#sink.ready(signal)
    }, signal)
    this.#position += bytes.length
  }

  async flush(signal: AbortSignal | undefined): Promise<void> {
    await this.#own(() => this.#sink.drained(signal), signal)
  }

  async compare(remote: string, expected: Checksum): Promise<void> {
    if (this.#digest) compare(remote, this.#digest, expected)
  }

  async finish(_modified: Date | undefined, signal: AbortSignal | undefined): Promise<void> {
    this.#isOver = true
    if (this.#ends) await this.#own(() => unlessAborted(this.#sink.end(), signal), signal)
    this.#sink.release()
  }

  async abandon(error: unknown): Promise<void> {
    this.#isOver = true
    this.#sink.destroy(errorOf(error))
    // An error that nobody listens for any more would end the process.
    const release = () => this.#sink.release()
    this.#sink.waitClosed().then(release, release)
  }

  #close(error: unknown): void {
    if (this.#isOver) return
    this.#failure ??= { error }
    this.#gone.abort(error)
  }

  async #own(work: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!signal?.aborted) this.#failure ??= { error }
      throw error
    }
  }
}
