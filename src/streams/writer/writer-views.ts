import { Writable } from 'node:stream'
import { WritableStream } from 'node:stream/web'
import { ClosedError } from '../../errors.ts'
import type { ByteSink } from '../adapters/byte-sink.ts'
import type { WriteMode } from './send-queue.ts'

interface Sending {
  readonly mode: WriteMode
  readonly drain: boolean
}

/** What a view needs of the writer that it shows. */
interface Writer {
  write(bytes: Uint8Array | string, options: Sending & { readonly signal?: AbortSignal }): Promise<void>
  writeEof(options?: { readonly signal?: AbortSignal }): Promise<void>
  close(): void
  destroy(error?: Error): void
}

/** A writer as a Node `Writable`. */
export function nodeView(
  writer: Writer,
  sink: ByteSink,
  sending: Sending,
  highWaterMark: number | undefined,
): Writable {
  const view = new Writable({
    ...(highWaterMark !== undefined && { highWaterMark }),
    write(chunk: Buffer, _encoding, done) {
      writer.write(chunk, sending).then(() => done(), done)
    },
    final(done) {
      end(writer).then(() => done(), done)
    },
    destroy(error, done) {
      // After a good end there is nothing left to destroy, and a socket may still be receiving.
      if (error || !view.writableFinished) writer.destroy(error ?? undefined)
      done(error)
    },
  })
  const follow = (error?: unknown) => {
    if (!view.writableEnded || error !== undefined) view.destroy(error as Error | undefined)
  }
  sink.waitClosed().then(() => follow(), follow)
  return view
}

/** A writer as a `WritableStream`. */
export function webView(
  writer: Writer,
  sink: ByteSink,
  sending: Sending,
  highWaterMark: number | undefined,
): WritableStream<Uint8Array | string> {
  let isEnding = false
  return new WritableStream<Uint8Array | string>(
    {
      start(controller) {
        const follow = (error: unknown) => {
          if (!isEnding) controller.error(error)
        }
        sink.waitClosed().then(() => follow(new ClosedError('write')), follow)
      },
      // The signal is there, though not in the types; it cuts short a write that waits when the stream is aborted.
      write: (chunk, controller: object) =>
        writer.write(chunk, { ...sending, signal: (controller as { signal: AbortSignal }).signal }),
      close() {
        isEnding = true
        return end(writer)
      },
      abort: (reason) => writer.destroy(errorOf(reason)),
    },
    {
      // A chunk at a time, as is usual on the web: an aborted pipeTo waits for all that was accepted.
      highWaterMark: highWaterMark ?? 1,
      size: (chunk) => Buffer.byteLength(chunk ?? ''),
    },
  )
}

/** Closes the writer, and settles when its stream has taken that in. */
async function end(writer: Writer): Promise<void> {
  const ended = writer.writeEof()
  writer.close()
  await ended
}

function errorOf(reason: unknown): Error | undefined {
  if (reason === undefined || reason instanceof Error) return reason
  return new ClosedError('write', { cause: reason })
}
