import { checkOptions, optionNames } from '../check-options.ts'
import { checkSignal, onAbort } from '../on-abort.ts'
import { Flow } from '../throttle/flow.ts'
import { type Limits, throttlesOf } from '../throttle/limits.ts'
import { toBytes } from './adapters/to-bytes.ts'
import type { ThrottleStreamOptions } from './throttle-transform.ts'

/** What can be iterated over to get chunks. */
export type ByteIterable = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

const OPTIONS = optionNames<ThrottleStreamOptions>({ signal: true, weight: true })

/**
 * Iterates over the bytes of `source` no faster than `limits` allow. A chunk that is larger than what is granted comes in pieces;
 * empty chunks are left out. Leaving the loop ends the source too, and waits for that.
 *
 * @throws What the source throws; or the signal's reason, once it aborts: then the source is ended. If it does not answer at that
 * moment it is not waited for: a Node stream is destroyed, others end once they answer.
 * @throws {TypeError | RangeError} If `source`, `limits` or an option is none of what it can be: at once, before anything is asked for.
 */
export function throttleIterable(
  source: ByteIterable,
  limits: Limits,
  options: ThrottleStreamOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  checkOptions('throttle an iterable', options, OPTIONS)
  const { signal, weight } = options
  checkSource(source)
  checkSignal(signal)
  const flow = new Flow(throttlesOf(limits), { weight })
  return pieces(signal ? abortable(source, signal) : source, flow, signal)
}

async function* pieces(
  source: ByteIterable,
  flow: Flow,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const data of source) {
      const chunk = toBytes(data)
      for (let offset = 0; offset < chunk.length; ) {
        const rest = chunk.length - offset
        const bytes = flow.tryAcquire(rest) || (await flow.acquire(rest, { signal }))
        const piece = bytes === chunk.length ? chunk : chunk.subarray(offset, offset + bytes)
        offset += bytes
        try {
          flow.append(piece)
        } catch (error) {
          flow.refund(bytes)
          throw error
        }
        yield piece
        signal?.throwIfAborted()
      }
    }
  } finally {
    flow.close()
  }
}

/** Iterates over `source`, and ends it when the signal aborts, even while it has not answered. */
async function* abortable<T>(source: AsyncIterable<T> | Iterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted()
  const iterator = iteratorOf(source)
  let abort = (_reason: unknown) => {}
  const unlisten = onAbort(signal, (reason) => abort(reason))
  let asking = true
  try {
    for (;;) {
      // A promise for each answer: one for the whole time, raced against, would keep all the chunks that have passed.
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        abort = reject
        Promise.resolve(iterator.next()).then(resolve, reject)
      })
      if (next.done) return
      asking = false
      yield next.value
      asking = true
    }
  } finally {
    unlisten()
    if (!asking) await iterator.return?.()
    else if (signal.aborted) abandon(source, iterator)
  }
}

/** Ends a source that has not answered, without waiting for it. */
function abandon(source: unknown, iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
  // A Node stream's iterator does not end either while it waits for bytes.
  const { destroy } = source as { destroy?: unknown }
  if (typeof destroy === 'function') destroy.call(source)
  // Whoever iterates has got the reason of the abort; how the source ends interests nobody any more.
  const ended = async () => iterator.return?.()
  ended().catch(() => {})
}

function iteratorOf<T>(source: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  const { [Symbol.asyncIterator]: iterate } = source as Partial<AsyncIterable<T>>
  return iterate ? iterate.call(source) : (source as Iterable<T>)[Symbol.iterator]()
}

function checkSource(source: unknown): void {
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = Object(source) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >
  const type = source === null ? 'null' : ArrayBuffer.isView(source) ? 'bytes' : typeof source
  if (type === 'bytes' || (typeof async !== 'function' && typeof sync !== 'function')) {
    throw new TypeError(`Cannot iterate over a source: must be an iterable of chunks, is ${type}`)
  }
}
