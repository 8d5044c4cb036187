import type { Writable } from 'node:stream'
import type { WritableStream } from 'node:stream/web'
import type { ByteSink } from './byte-sink-interface.ts'
import { NodeSink } from './byte-sink-node.ts'
import { WebSink } from './byte-sink-web.ts'

export type { ByteSink }

/**
 * Adapts a stream. What `write` hands over is not copied: until `drained` settles, its owner must leave it as it is.
 *
 * @throws {TypeError} If `stream` is neither a Node `Writable` nor an unlocked `WritableStream`.
 */
export function byteSink(stream: Writable | WritableStream<Uint8Array>): ByteSink {
  // By their methods: an HTTP response is no instance of Writable, and a web stream may come from another realm.
  if (has(stream, 'getWriter') && has(stream, 'abort')) {
    if (stream.locked) throw new TypeError('Cannot write to the stream: it is locked to another writer')
    return new WebSink(stream)
  }
  if (has(stream, 'write') && has(stream, 'end') && has(stream, 'on') && has(stream, 'destroy')) {
    return new NodeSink(stream)
  }
  throw new TypeError(`Cannot write to the stream: ${describe(stream)} is neither a Writable nor a WritableStream`)
}

function has<S, M extends string>(stream: S, method: M): stream is Extract<S, Record<M, unknown>> {
  return typeof (stream as Record<string, unknown> | null | undefined)?.[method] === 'function'
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return `an object of ${value.constructor?.name ?? 'no class'}`
}
