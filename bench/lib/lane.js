import { feed } from './feed.js'
import { Trace } from './trace.js'

/** @import { Adapter, Group } from '../types.d.ts' */

/**
 * One stream under one limit, with a source that always has more and a sink that notes what comes when.
 *
 * @param {Adapter} adapter
 * @param {number} rate Bytes per second.
 * @param {number} chunk Bytes of each write.
 * @param {number} seconds How long it will run at most, for those that must know the length before.
 */
export function openLane(adapter, rate, chunk, seconds) {
  if (!adapter.open) throw new TypeError(`Cannot open a lane: ${adapter.name} has no streams`)
  /** @type {Group} */
  const group = adapter.open(rate)
  const length = adapter.needsLength ? Math.ceil((rate * seconds) / chunk) * chunk : undefined
  const stream = group.stream(length)
  const trace = new Trace()
  stream.on('data', (data) => trace.add(performance.now(), data.length))
  const source = feed(stream, Buffer.alloc(chunk), length === undefined ? {} : { length })
  return { group, stream, trace, source, rate, chunk }
}
