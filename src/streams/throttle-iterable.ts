import { Flow } from '../throttle/flow.ts'
import { type Limits, throttlesOf } from '../throttle/limits.ts'
import { toBytes } from './adapters/to-bytes.ts'
import { onAbort } from './on-abort.ts'
import type { ThrottleStreamOptions } from './throttle-transform.ts'

/** What can be iterated over to get chunks. */
export type ByteIterable = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

/**
 * Iterates over the bytes of `source` no faster than `limits` allow. A chunk that is larger than what is granted comes in pieces;
 * empty chunks are left out. Leaving the loop ends the source too.
 *
 * @throws The signal's reason, once it aborts; the source is ended.
 */
export function throttleIterable(
  source: ByteIterable,
  limits: Limits,
  options: ThrottleStreamOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const flow = new Flow(throttlesOf(limits), { weight: options.weight })
  return pieces(source, flow, options.signal)
}

async function* pieces(
  source: ByteIterable,
  flow: Flow,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const data of abortable(source, signal)) {
      const chunk = toBytes(data)
      for (let offset = 0; offset < chunk.length; ) {
        const rest = chunk.length - offset
        const bytes = flow.tryAcquire(rest) || (await flow.acquire(rest, { signal }))
        const piece = bytes === chunk.length ? chunk : chunk.subarray(offset, offset + bytes)
        offset += bytes
        flow.append(piece)
        yield piece
        signal?.throwIfAborted()
      }
    }
  } finally {
    flow.close()
  }
}

/** Iterates over `source`, and ends it when the signal aborts, even while it has not answered. */
async function* abortable<T>(source: AsyncIterable<T> | Iterable<T>, signal: AbortSignal | undefined) {
  signal?.throwIfAborted()
  if (!signal) {
    yield* source
    return
  }
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : (source as Iterable<T>)[Symbol.iterator]()
  let unlisten = () => {}
  const aborted = new Promise<never>((_, reject) => {
    unlisten = onAbort(signal, reject)
  })
  // It is awaited only while the source is; an abort at another moment is found by whoever looks at the signal.
  aborted.catch(() => {})
  let ended = false
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted])
      ended = next.done === true
      if (ended) return
      yield next.value as T
    }
  } finally {
    unlisten()
    // A source that does not answer can't be waited for.
    if (!ended) void iterator.return?.()
  }
}
