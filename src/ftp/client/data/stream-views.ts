import { Readable, Writable } from 'node:stream'

/** What is shown as a stream. */
export interface DataStream {
  read(count: number): Promise<Buffer>
  write(data: Uint8Array): Promise<void>
  finish(): Promise<void>
  close(): Promise<void>
}

/** How much is read in one go. */
const BLOCK = 64 * 1024

/** A download as a Node stream. */
export class NodeDownload extends Readable {
  readonly #stream: DataStream

  constructor(stream: DataStream) {
    super()
    this.#stream = stream
  }

  override _read(): void {
    this.#next().catch((error: Error) => this.destroy(error))
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stream.close().then(
      () => done(error),
      (failure: Error) => done(error ?? failure),
    )
  }

  async #next(): Promise<void> {
    const bytes = await this.#stream.read(BLOCK)
    if (bytes.length === 0) await this.#stream.finish()
    if (!this.destroyed) this.push(bytes.length === 0 ? null : bytes)
  }
}

/** An upload as a Node stream. */
export class NodeUpload extends Writable {
  readonly #stream: DataStream

  constructor(stream: DataStream) {
    super()
    this.#stream = stream
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#stream.write(chunk).then(() => done(), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.finish().then(() => done(), done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stream.close().then(
      () => done(error),
      (failure: Error) => done(error ?? failure),
    )
  }
}

/** A download as a web stream. */
export function webDownload(stream: DataStream): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await closing(stream, stream.read(BLOCK))
        if (bytes.length > 0) return controller.enqueue(new Uint8Array(bytes))
        await stream.finish()
        controller.close()
      },
      cancel: () => stream.close(),
    },
    { highWaterMark: 0 },
  )
}

/** An upload as a web stream. */
export function webUpload(stream: DataStream): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write: (chunk) => closing(stream, stream.write(chunk)),
    close: () => stream.finish(),
    abort: () => stream.close(),
  })
}

/** A web stream that fails is not told to cancel or to abort: the transfer is given up with it. */
async function closing<T>(stream: DataStream, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    await stream.close()
    throw error
  }
}
