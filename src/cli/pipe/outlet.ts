import { finished, Writable } from 'node:stream'
import type { StallWatch } from './stall-watch.ts'

/**
 * The last stage before the sink: holds one piece at a time, and counts what the system has taken, not what is buffered.
 */
export class Outlet extends Writable {
  readonly #sink: Writable
  readonly #watch: StallWatch
  readonly #count: (bytes: number) => void

  constructor(sink: Writable, watch: StallWatch, count: (bytes: number) => void) {
    super({ highWaterMark: 1, decodeStrings: true })
    this.#sink = sink
    this.#watch = watch
    this.#count = count
    sink.on('error', (error) => this.destroy(error))
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#watch.waitFor('write')
    this.#sink.write(bytes, (error) => {
      this.#watch.rest()
      if (!error) this.#count(bytes.length)
      done(error)
    })
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#watch.waitFor('write')
    finished(this.#sink, { readable: false }, (error) => {
      this.#watch.rest()
      done(error)
    })
    this.#sink.end()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#sink.destroy(error ?? undefined)
    // What was on its way to a file still arrives; it should be counted before anybody reads the count.
    if (this.#sink.closed) done(error)
    else this.#sink.once('close', () => done(error))
  }
}
