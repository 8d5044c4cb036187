/** Events are kept in blocks of so many: to grow by copying would stop the process for 50 ms at millions of events. */
const BLOCK = 2 ** 15

/** What came out of a stream and when: times in ms, and the bytes so far. */
export class Trace {
  /** @type {Float64Array[]} */
  #times = []
  /** @type {Float64Array[]} */
  #totals = []
  #time = new Float64Array(0)
  #total = new Float64Array(0)
  /** Number of events. */
  length = 0
  /** Bytes in all. */
  total = 0

  /**
   * @param {number} time Milliseconds; never less than that of the event before.
   * @param {number} bytes
   */
  add(time, bytes) {
    const at = this.length++ % BLOCK
    if (at === 0) {
      this.#time = new Float64Array(BLOCK)
      this.#total = new Float64Array(BLOCK)
      this.#times.push(this.#time)
      this.#totals.push(this.#total)
    }
    this.total += bytes
    this.#time[at] = time
    this.#total[at] = this.total
  }

  /** @param {number} index */
  time(index) {
    return Number(this.#times[Math.floor(index / BLOCK)]?.[index % BLOCK])
  }

  /** @param {number} index Bytes up to and with the event; 0 for -1. */
  upTo(index) {
    return index < 0 ? 0 : Number(this.#totals[Math.floor(index / BLOCK)]?.[index % BLOCK])
  }

  /**
   * @param {number} time
   * @returns {number} Index of the first event at `time` or later.
   */
  indexAt(time) {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.time(middle) < time) low = middle + 1
      else high = middle
    }
    return low
  }

  /**
   * @param {number} from
   * @param {number} to
   * @returns {number} Bytes of the events in [from, to).
   */
  between(from, to) {
    return this.upTo(this.indexAt(to) - 1) - this.upTo(this.indexAt(from) - 1)
  }
}

/**
 * The empirical bucket depth B*: the most that the bytes of any window exceed rate x window. One pass: with C the bytes
 * so far, it is the largest (C - rate x t) less the smallest such value just before an earlier or the same event.
 *
 * @param {Trace} trace
 * @param {number} rate Bytes per second.
 * @param {number} from Events in [from, to), ms.
 * @param {number} to
 * @returns {number} In ms of the rate.
 */
export function burst(trace, rate, from, to) {
  const perMs = rate / 1000
  let least = Number.POSITIVE_INFINITY
  let most = 0
  for (let i = trace.indexAt(from); i < trace.length && trace.time(i) < to; i++) {
    const due = perMs * trace.time(i)
    least = Math.min(least, trace.upTo(i - 1) - due)
    most = Math.max(most, trace.upTo(i) - due - least)
  }
  return most / perMs
}

/**
 * The fullest window of a length, as a multiple of the rate. Each window begins with an event and is half open.
 *
 * @param {Trace} trace
 * @param {number} rate Bytes per second.
 * @param {number} from Events in [from, to), ms.
 * @param {number} to
 * @param {number} width Milliseconds.
 */
export function worstWindow(trace, rate, from, to, width) {
  let most = 0
  let end = trace.indexAt(from)
  const last = trace.indexAt(to)
  for (let i = end; i < last; i++) {
    while (end < last && trace.time(end) < trace.time(i) + width) end++
    most = Math.max(most, trace.upTo(end - 1) - trace.upTo(i - 1))
  }
  return most / ((rate * width) / 1000)
}

/**
 * The error of the mean rate between the first and the last byte of [from, to): what comes within a millisecond of the
 * first byte opens the window and is not counted, so that neither the start nor the size of the chunks falsifies it.
 *
 * @param {Trace} trace
 * @param {number} rate Bytes per second.
 * @param {number} from
 * @param {number} to
 * @returns {number} As a fraction; NaN with fewer than two moments.
 */
export function meanError(trace, rate, from, to) {
  const first = trace.indexAt(trace.time(trace.indexAt(from)) + 1) - 1
  const last = trace.indexAt(to) - 1
  if (last <= first) return Number.NaN
  const seconds = (trace.time(last) - trace.time(first)) / 1000
  return seconds > 0 ? (trace.upTo(last) - trace.upTo(first)) / seconds / rate - 1 : Number.NaN
}

/**
 * When a new rate began to hold: the first moment from which on the bytes stay within `slack` of the new rate for good.
 * The slack is 50 ms of the rate, or the largest chunk that is still to come if that is more, up to 120 ms: there are
 * contestants that always send a tenth of a second at once, and what is judged here is the change and not that.
 *
 * @param {Trace} trace
 * @param {number} rate The new rate, bytes per second.
 * @param {number} from When it was set, ms.
 * @param {number} to
 * @returns {number} Milliseconds after `from`; Infinity if it never held.
 */
export function settled(trace, rate, from, to) {
  const perMs = rate / 1000
  const first = trace.indexAt(from)
  const last = trace.indexAt(to) - 1
  let chunk = 0
  // Bytes less what is due, just before and just after each later event: the extremes of both are at events.
  let least = trace.upTo(last) - perMs * to
  let most = least
  let at = Number.POSITIVE_INFINITY
  for (let i = last; i >= first - 1; i--) {
    const time = i < first ? from : trace.time(i)
    const here = trace.upTo(i) - perMs * time
    const slack = Math.max(50 * perMs, Math.min(120 * perMs, chunk))
    if (most - here > slack || here - least > slack) break
    at = time - from
    const size = trace.upTo(i) - trace.upTo(i - 1)
    chunk = Math.max(chunk, size)
    most = Math.max(most, here)
    least = Math.min(least, here - size)
  }
  return at
}

/**
 * How far the bytes after `from` run behind rate x time, and how far ahead, at worst.
 *
 * @param {Trace} trace
 * @param {number} rate Bytes per second.
 * @param {number} from
 * @param {number} to
 * @returns {{ behind: number, ahead: number }} Both in ms of the rate.
 */
export function deviation(trace, rate, from, to) {
  const perMs = rate / 1000
  const first = trace.indexAt(from)
  const last = trace.indexAt(to) - 1
  const base = trace.upTo(first - 1)
  let behind = to - from - (trace.upTo(last) - base) / perMs
  let ahead = 0
  for (let i = first; i <= last; i++) {
    const elapsed = trace.time(i) - from
    behind = Math.max(behind, elapsed - (trace.upTo(i - 1) - base) / perMs)
    ahead = Math.max(ahead, (trace.upTo(i) - base) / perMs - elapsed)
  }
  return { behind, ahead }
}

/**
 * @param {Trace} trace
 * @param {number} from
 * @param {number} to
 * @returns {number} The longest time without a byte in [from, to], ms.
 */
export function longestSilence(trace, from, to) {
  let longest = 0
  let before = from
  for (let i = trace.indexAt(from); i < trace.length && trace.time(i) < to; i++) {
    longest = Math.max(longest, trace.time(i) - before)
    before = trace.time(i)
  }
  return Math.max(longest, to - before)
}
