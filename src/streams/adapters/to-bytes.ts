import { types } from 'node:util'

/**
 * The bytes of a chunk, by reference where it holds bytes already; a string is encoded as UTF-8.
 *
 * @throws {TypeError} If it is neither a string nor bytes.
 */
export function toBytes(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk
  if (typeof chunk === 'string') return Buffer.from(chunk)
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength)
  if (types.isAnyArrayBuffer(chunk)) return Buffer.from(chunk as ArrayBuffer)
  throw new TypeError(`Cannot take a chunk: must be a string or bytes, is ${chunk === null ? 'null' : typeof chunk}`)
}
