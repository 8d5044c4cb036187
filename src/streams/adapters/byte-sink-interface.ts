import type { Writable } from 'node:stream'
import type { WritableStream } from 'node:stream/web'

/** Where bytes go: one face for Node's `Writable` (sockets too) and the web's `WritableStream`. */
export interface ByteSink {
  /** The wrapped stream. */
  readonly stream: Writable | WritableStream<Uint8Array>
  /** The error that ended the sink, if any. */
  readonly error: unknown
  /** True once nothing more can be written: ended, destroyed, closed or failed. */
  readonly closed: boolean
  /**
   * Hands bytes over at once, without copying.
   *
   * @returns True if there is room for more.
   * @throws {ClosedError} If the sink is closed; if an error closed it, that error itself.
   */
  write(bytes: Uint8Array): boolean
  /**
   * Settles when there is room below the high-water mark, at once if there is. Rejects with the sink's error, with
   * `ClosedError` if it closed meanwhile, or with `signal.reason`.
   */
  ready(signal?: AbortSignal): Promise<void>
  /** Settles when the sink has taken everything that was handed over (its buffer is empty). Rejects as `ready` does. */
  drained(signal?: AbortSignal): Promise<void>
  /** No more writes. Settles when the sink has finished. For a socket this is a half-close (FIN). */
  end(): Promise<void>
  /** Closes at once, discarding what is buffered. */
  destroy(error?: Error): void
  /**
   * Settles when the sink is fully closed; rejects with the error that closed it, or with `ClosedError` when the adapter
   * is released first.
   */
  waitClosed(): Promise<void>
  /** Removes every listener that the adapter put on the stream, and gives the lock of a `WritableStream` back. */
  release(): void
}
