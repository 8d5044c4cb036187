import { ChangedError } from '../../../errors.ts'
import type { Checksum, ChecksumAlgorithm } from '../../operations/checksum.ts'
import { compare, type Digest, digest } from '../checksums.ts'
import type { ChunkReader } from './chunk-reader.ts'
import type { Origin, OriginFile } from './origin.ts'

/** A stream, or whatever else gives its bytes once. */
export class StreamOrigin implements Origin {
  readonly #reader: ChunkReader
  readonly #size: number | undefined
  #isBegun = false
  #digest: Digest | undefined
  #failure: { readonly error: unknown } | undefined

  /** @param size How many bytes it is to give, if that is known. */
  constructor(reader: ChunkReader, size: number | undefined) {
    this.#reader = reader
    this.#size = size
  }

  canBeginAt(position: number): boolean {
    return position === 0 && !this.#isBegun
  }

  isOwn(error: unknown): boolean {
    return this.#failure !== undefined && this.#failure.error === error
  }

  async look(): Promise<OriginFile> {
    return { size: this.#size }
  }

  expect(algorithm: ChecksumAlgorithm): void {
    this.#digest = digest(algorithm)
  }

  async *chunks(_position: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    this.#isBegun = true
    let count = 0
    for (let bytes = await this.#read(signal); bytes; bytes = await this.#read(signal)) {
      count += bytes.length
      if (this.#size !== undefined && count > this.#size) this.#fail(`it gives more than ${this.#size} bytes`)
      this.#digest?.update(bytes)
      yield bytes
    }
    if (this.#size !== undefined && count < this.#size) this.#fail(`it gives ${count} bytes instead of ${this.#size}`)
  }

  async compare(remote: string, expected: Checksum): Promise<void> {
    if (this.#digest) compare(remote, this.#digest, expected)
  }

  async close(failure?: { readonly error: unknown }): Promise<void> {
    this.#reader.close(failure)
  }

  async #read(signal: AbortSignal): Promise<Buffer | undefined> {
    try {
      return await this.#reader.read(signal)
    } catch (error) {
      if (!signal.aborted) this.#failure = { error }
      throw error
    }
  }

  #fail(reason: string): never {
    const error = new ChangedError('the stream', reason)
    this.#failure = { error }
    throw error
  }
}
