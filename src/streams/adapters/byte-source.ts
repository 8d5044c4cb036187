import { NodeByteSource } from './byte-source-node.ts'
import { WebByteSource } from './byte-source-web.ts'
import { isNodeReadable, isWebReadable, type Reader } from './stream-pair.ts'

/**
 * Where bytes come from: one face for Node's `Readable` (sockets too) and the web's `ReadableStream`. Bytes are pulled, so what
 * lies here is bounded by the stream's own high-water mark, and a wait that is given up loses none.
 */
export interface ByteSource {
  /** The wrapped stream. */
  readonly stream: Reader
  /** True once the end has come and every byte before it was pulled. A stream that fails or closes early does not end. */
  readonly ended: boolean
  /** Takes what has arrived, without waiting and without copying; undefined if that is nothing. */
  pull(): Buffer | undefined
  /**
   * Settles when it is worth while to look again: bytes have arrived, or the end. One call at a time.
   *
   * @throws Once no byte is left, the error of the stream, or {@link ClosedError} if it closed before its end; or the signal's reason.
   */
  ready(signal?: AbortSignal): Promise<void>
  /** Closes the stream at once. What was not pulled is lost. */
  destroy(error?: Error): void
  /** Settles when the stream is fully closed, in whatever way. Call it after {@link ByteSource.destroy}. */
  waitClosed(): Promise<void>
  /** Removes every listener that the adapter put on the stream, and gives the lock of a `ReadableStream` back. */
  release(): void
}

/**
 * Adapts a stream. From here on nobody else may read from it.
 *
 * @throws {TypeError} If `stream` is neither a Node `Readable` nor an unlocked `ReadableStream`.
 */
export function byteSource(stream: Reader): ByteSource {
  if (isNodeReadable(stream)) return new NodeByteSource(stream)
  if (!isWebReadable(stream)) {
    const what = typeof stream === 'object' ? Object.prototype.toString.call(stream) : String(stream)
    throw new TypeError(`Cannot read from the stream: ${what} is neither a Readable nor a ReadableStream`)
  }
  if (stream.locked) throw new TypeError('Cannot read from the stream: it is locked to another reader')
  return new WebByteSource(stream)
}
