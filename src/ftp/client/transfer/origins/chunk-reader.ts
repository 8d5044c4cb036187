import type { Readable } from 'node:stream'
import { errorOf } from '../../../../on-abort.ts'
import { type ByteSource, byteSource } from '../../../../streams/adapters/byte-source.ts'
import { isNodeReadable, isWebReadable } from '../../../../streams/adapters/stream-pair.ts'
import { toBytes } from '../../../../streams/adapters/to-bytes.ts'
import { unlessAborted } from '../../../../streams/io/write-side.ts'

/** What gives bytes one piece after the other. */
export interface ChunkReader {
  /** The next bytes; undefined at the end. @throws What the source fails with, or the signal's reason. */
  read(signal: AbortSignal): Promise<Buffer | undefined>
  /** Nothing more is read. @param failure Why, if the end was not reached. */
  close(failure?: { readonly error: unknown }): void
}

/** A `ReadableStream` of bytes, whether its type is that of Node or of the web: these two don't fit into each other. */
export interface WebReadable {
  readonly locked: boolean
  getReader(): unknown
  cancel(reason?: unknown): Promise<void>
}

/** What can be read piece by piece. */
export type ChunkSource = Readable | WebReadable | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

/** @throws {TypeError} If it is no source, or locked. */
export function chunkReader(source: ChunkSource): ChunkReader {
  if (isNodeReadable(source) || isWebReadable(source)) return new StreamReader(byteSource(source))
  if (has(source, Symbol.asyncIterator)) return new IterableReader(() => source[Symbol.asyncIterator]())
  if (has(source, Symbol.iterator)) return new IterableReader(() => source[Symbol.iterator]())
  const kind = source === null ? 'null' : typeof source
  throw new TypeError(
    `Cannot upload: must be given a path, bytes, a Readable, a ReadableStream or an iterable of bytes, is ${kind}`,
  )
}

function has<S extends symbol>(value: unknown, method: S): value is Record<S, () => Iterator<unknown>> {
  return typeof (value as Partial<Record<S, unknown>> | null | undefined)?.[method] === 'function'
}

class StreamReader implements ChunkReader {
  readonly #source: ByteSource

  constructor(source: ByteSource) {
    this.#source = source
  }

  async read(signal: AbortSignal): Promise<Buffer | undefined> {
    for (;;) {
      const bytes = this.#source.pull()
      if (bytes) return bytes
      if (this.#source.ended) return undefined
      await this.#source.ready(signal)
    }
  }

  close(failure?: { readonly error: unknown }): void {
    if (!failure) {
      this.#source.release()
      return
    }
    this.#source.destroy(errorOf(failure.error))
    // An error that nobody listens for any more would end the process.
    const release = () => this.#source.release()
    this.#source.waitClosed().then(release, release)
  }
}

class IterableReader implements ChunkReader {
  readonly #start: () => Iterator<unknown> | AsyncIterator<unknown>
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined

  constructor(start: () => Iterator<unknown> | AsyncIterator<unknown>) {
    this.#start = start
  }

  async read(signal: AbortSignal): Promise<Buffer | undefined> {
    signal.throwIfAborted()
    this.#iterator ??= this.#start()
    const next = Promise.resolve(this.#iterator.next())
    // Who is interrupted does not wait for it any more.
    next.catch(() => {})
    await unlessAborted(next, signal)
    const { done, value } = await next
    return done ? undefined : toBytes(value)
  }

  close(failure?: { readonly error: unknown }): void {
    if (!failure || !this.#iterator?.return) return
    // A generator that still waits for something ends only after that; nobody waits with it.
    Promise.resolve(this.#iterator.return()).catch(() => {})
  }
}
