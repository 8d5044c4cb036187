import type { Socket } from 'node:net'
import { ClosedError } from '../../errors.ts'
import { unsentBytes } from '../../streams/adapters/unsent-bytes.ts'
import type { Patience } from '../../streams/io/silence.ts'
import { unlessAborted } from '../../streams/io/write-side.ts'
import { Ending } from './ending.ts'
import { memory } from './memory-pool.ts'
import type { TransferOptions } from './transfer-options.ts'

/** A file that is read at positions; `fs.promises.FileHandle` is one. */
export interface ReadableFile {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>
}

/** As large as makes a file flow as fast as a socket takes it, measured. */
const BLOCK = 1024 * 1024

/** A block for files that are smaller. */
const SMALL = 64 * 1024

/** What a piece handed to a socket has at most: it is held in memory, and encrypted in one go. */
const PIECE = 1024 * 1024

/**
 * Sends bytes through a socket, in their order, and settles when the kernel has them. The socket is not ended.
 *
 * @param chunks Each is used until the next one is asked for.
 * @returns How many bytes.
 * @throws {TimeoutError} With phase 'first byte' or 'stall', if the other side takes nothing; the error of the socket or of `chunks`; the
 * signal's reason.
 */
export async function sendChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  socket: Socket,
  options: TransferOptions,
): Promise<number> {
  const { flow, stallTimeout, firstByteTimeout = stallTimeout, onBytes } = options
  if (socket.destroyed) throw socket.errored ?? new ClosedError('write')
  const ending = new Ending(options.clock, options.signal, options.silence)
  const { signal } = ending
  const fail = (error: Error) => ending.end(error)
  const close = () => ending.end(socket.errored ?? new ClosedError('write'))
  socket.on('error', fail)
  socket.on('close', close)
  const progress = () => unsentBytes(socket)
  let sent = 0
  const send = async (chunk: Uint8Array) => {
    for (let done = 0; done < chunk.length; ) {
      signal.throwIfAborted()
      const wanted = Math.min(chunk.length - done, PIECE)
      const start = flow.watched ? flow.now() : undefined
      const count = flow.tryAcquire(wanted) || (await flow.acquire(wanted, { signal }))
      const piece = count === chunk.length ? chunk : chunk.subarray(done, done + count)
      flow.append(piece, start)
      const patience: Patience =
        sent > 0
          ? { phase: 'stall', timeout: stallTimeout, progress }
          : { phase: 'first byte', timeout: firstByteTimeout, progress }
      await ending.patiently(patience, unlessAborted(write(socket, piece), signal))
      done += count
      sent += count
      onBytes?.(count)
    }
  }
  try {
    // As bytes that are there already would otherwise be waited for one by one.
    if (Symbol.iterator in chunks) for (const chunk of chunks) await send(chunk)
    else for await (const chunk of chunks) await send(chunk)
    return sent
  } finally {
    ending.release()
    socket.off('error', fail)
    socket.off('close', close)
  }
}

/** Sends a file from `position` to its end. As {@link sendChunks}. */
export function sendFile(
  file: ReadableFile,
  socket: Socket,
  options: TransferOptions & {
    /** How many bytes it is thought to have from `position` on; it may have more or fewer. */
    readonly length?: number | undefined
  },
): Promise<number> {
  return sendChunks(blocksOf(file, options.position, options.length), socket, options)
}

/**
 * The blocks of a file, each read while the one before is being used; where many transfers run, these fill each other's time, and a block
 * that was used a moment ago is still in the cache of the processor.
 *
 * @param length How many bytes it is thought to have from `position` on. A block that is not full and ends there or behind is the last one: to ask a
 * small file for its end as well costs as much as to read it.
 */
export async function* blocksOf(file: ReadableFile, position = 0, length = Infinity): AsyncGenerator<Uint8Array> {
  const size = length < SMALL || memory.isScarce ? SMALL : BLOCK
  const lent = new Set<Buffer>()
  let at = position
  const read = async () => {
    const block = memory.borrow(size)
    lent.add(block)
    const { bytesRead } = await file.read(block, 0, size, at)
    at += bytesRead
    return { block, count: bytesRead }
  }
  let next: ReturnType<typeof read> | undefined
  try {
    for (let isLast = false; !isLast; ) {
      const { block, count } = await (next ?? read())
      next = undefined
      isLast = count === 0 || (count < size && at - position >= length)
      if (!isLast && !memory.isBusy) next = read()
      if (count > 0) yield block.subarray(0, count)
      lent.delete(block)
      memory.giveBack(block)
    }
  } finally {
    // Who stops early may close the file next: no read is under way then. What goes wrong with it is told to who waits for it.
    await next?.catch(() => {})
    // A socket may be about to send from there.
    for (const block of lent) memory.abandon(block)
  }
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}
