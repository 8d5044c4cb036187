import type { Duplex, Readable, Writable } from 'node:stream'
import type { ReadableStream, WritableStream } from 'node:stream/web'

/** A stream to read bytes from. */
export type Reader = Readable | ReadableStream<Uint8Array>

/** A stream to write bytes to. */
export type Writer = Writable | WritableStream<Uint8Array>

/** Both in one: a socket or another `Duplex`, a `TransformStream`, or whatever else has the two. */
export type ReaderWriter = Duplex | { readonly readable: Reader; readonly writable: Writer }

/** A reader, the writer that belongs to it, and what came behind them in the arguments. */
export interface StreamPair<Options> {
  readonly reader: Reader
  readonly writer: Writer
  readonly options: Options | undefined
}

/** Tells `(reader, writer, options)` from `(duplex, options)`. What is no stream is found out when it is adapted. */
export function streamPair<Options>(
  first: Reader | ReaderWriter,
  second: Writer | Options | undefined,
  third: Options | undefined,
): StreamPair<Options> {
  if (isWriter(second)) return { reader: first as Reader, writer: second, options: third }
  const options = second as Options | undefined
  if (isNodeReadable(first)) return { reader: first, writer: first as Duplex, options }
  const { readable, writable } = (first ?? {}) as Exclude<ReaderWriter, Duplex>
  return { reader: readable ?? (first as Reader), writer: writable, options }
}

/** By its methods: an HTTP request may come from another copy of the streams, such as the package readable-stream. */
export function isNodeReadable(stream: unknown): stream is Readable {
  return has(stream, 'read', 'on', 'destroy')
}

/** By its methods: a stream may come from another realm. */
export function isWebReadable(stream: unknown): stream is ReadableStream<Uint8Array> {
  return has(stream, 'getReader', 'cancel')
}

function isWriter(stream: unknown): stream is Writer {
  return has(stream, 'write', 'end') || has(stream, 'getWriter', 'abort')
}

function has(value: unknown, ...methods: readonly string[]): boolean {
  return methods.every(
    (method) => typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function',
  )
}
