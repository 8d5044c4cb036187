import { openSync, readFileSync, writeSync } from 'node:fs'
import { Trace } from '../../lib/trace.js'

/** Milliseconds on a clock that all processes of a machine have in common, and that nobody sets. @param {number} epoch */
export const since = (epoch) => Number(process.hrtime.bigint()) / 1e6 - epoch

/** Bytes of a slot, a millisecond. */
const WIDTH = 4

/**
 * Notes what passes and when, in slots of a millisecond of a file: what a process has noted is there whatever becomes of it.
 */
export class Tap {
  #file
  #epoch
  #slot = -1
  #sum = new Uint32Array(1)
  #isFlushing = false

  /** @param {string} path @param {number} epoch */
  constructor(path, epoch) {
    this.#file = openSync(path, 'w')
    this.#epoch = epoch
  }

  /** @param {number} bytes */
  note(bytes) {
    const slot = Math.floor(since(this.#epoch))
    if (slot !== this.#slot) {
      if (this.#isFlushing) this.#flush()
      this.#slot = slot
      this.#sum[0] = 0
    }
    this.#sum[0] = Number(this.#sum[0]) + bytes
    if (this.#isFlushing) return
    // Once for all that passes at a time, so that to note it costs little of what is measured.
    this.#isFlushing = true
    setImmediate(() => {
      this.#isFlushing = false
      this.#flush()
    })
  }

  #flush() {
    writeSync(this.#file, this.#sum, 0, WIDTH, this.#slot * WIDTH)
  }
}

/**
 * What all of these processes have noted, as one.
 *
 * @param {readonly string[]} paths
 */
export function readTaps(paths) {
  const taps = paths.map((path) => {
    const bytes = readFileSync(path)
    return new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / WIDTH))
  })
  const trace = new Trace()
  const length = Math.max(0, ...taps.map((tap) => tap.length))
  for (let slot = 0; slot < length; slot++) {
    let sum = 0
    for (const tap of taps) sum += tap[slot] ?? 0
    if (sum > 0) trace.add(slot, sum)
  }
  return trace
}
