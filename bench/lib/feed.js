/** @import { Writable } from 'node:stream' */

/** So much is written in one turn of the event loop at most: a stream that never says "full" must not stop the clock. */
const TURN = 1024 * 1024
const WRITES = 1024

/**
 * Writes the same chunk to a stream over and over, as fast as the stream takes it: the source that always has more.
 * It honours backpressure.
 *
 * @param {Writable} stream
 * @param {Uint8Array} chunk
 * @param {{ length?: number, onturn?: () => void }} [options] `length`: bytes after which it ends writing (the stream is
 * not ended); `onturn` is called after each turn's writes.
 */
export function feed(stream, chunk, { length = Number.POSITIVE_INFINITY, onturn } = {}) {
  const size = chunk.length
  const writes = Math.max(1, Math.min(WRITES, Math.floor(TURN / size)))
  let left = length
  let running = false
  let full = false
  let scheduled = false

  const turn = () => {
    scheduled = false
    for (let n = 0; running && !full && left >= size && n < writes; n++) {
      left -= size
      full = !stream.write(chunk)
    }
    onturn?.()
    if (running && !full && left >= size && !scheduled) {
      scheduled = true
      setImmediate(turn)
    }
  }
  stream.on('drain', () => {
    full = false
    if (running && !scheduled) turn()
  })
  return {
    start() {
      running = true
      if (!full && !scheduled) turn()
    },
    stop() {
      running = false
    },
    get written() {
      return length - left
    },
  }
}
