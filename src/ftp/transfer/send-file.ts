import type { Socket } from 'node:net'
import { ClosedError } from '../../errors.ts'
import { unsentBytes } from '../../streams/adapters/unsent-bytes.ts'
import { Lane } from '../../streams/io/lane.ts'
import { unlessAborted } from '../../streams/io/write-side.ts'
import { memory } from './memory-pool.ts'
import type { TransferOptions } from './transfer-options.ts'

/** A file that is read at positions; `fs.promises.FileHandle` is one. */
export interface ReadableFile {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>
}

/** As large as makes a file flow as fast as a socket takes it, measured. */
const BLOCK = 512 * 1024

/** A block for files that are smaller. */
const SMALL = 64 * 1024

/** What a piece handed to a socket has at most: it is held in memory, and encrypted in one go. */
const PIECE = 512 * 1024

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
  const { flow, stallTimeout, firstByteTimeout = stallTimeout, clock, signal, onBytes } = options
  const lane = new Lane(clock)
  const fail = (error: Error) => lane.close(error)
  const close = () => lane.close(socket.errored ?? new ClosedError('write'))
  socket.on('error', fail)
  socket.on('close', close)
  let sent = 0
  const progress = () => unsentBytes(socket)
  try {
    return await lane.run('write', signal, async () => {
      if (socket.destroyed) throw socket.errored ?? new ClosedError('write')
      for await (const chunk of chunks) {
        for (let done = 0; done < chunk.length; ) {
          lane.signal.throwIfAborted()
          const wanted = Math.min(chunk.length - done, PIECE)
          const start = flow.watched ? flow.now() : undefined
          const count = flow.tryAcquire(wanted) || (await flow.acquire(wanted, { signal: lane.signal }))
          const piece = chunk.subarray(done, done + count)
          flow.append(piece, start)
          const patience =
            sent > 0
              ? { phase: 'stall' as const, timeout: stallTimeout, progress }
              : { phase: 'first byte' as const, timeout: firstByteTimeout, progress }
          await lane.patiently(patience, (end) => unlessAborted(write(socket, piece), end))
          done += count
          sent += count
          onBytes?.(count)
        }
      }
      return sent
    })
  } finally {
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
 * The blocks of a file, each read while the one before is being used.
 *
 * @param length How many bytes it is thought to have from `position` on. A block that is not full and ends there or behind is the last one: to ask a
 * small file for its end as well costs as much as to read it.
 */
export async function* blocksOf(file: ReadableFile, position = 0, length = Infinity): AsyncGenerator<Uint8Array> {
  const size = length < SMALL || memory.isScarce ? SMALL : BLOCK
  let at = position
  const read = async (block: Uint8Array) => {
    const { bytesRead } = await file.read(block, 0, block.length, at)
    at += bytesRead
    return block.subarray(0, bytesRead)
  }
  let block = memory.borrow(size)
  let spare = memory.borrow(size)
  let next: Promise<Uint8Array> | undefined = read(block)
  let isDone = false
  try {
    while (next) {
      const current: Uint8Array = await next
      if (current.length === 0) break
      ;[block, spare] = [spare, block]
      next = current.length < size && at - position >= length ? undefined : read(block)
      yield current
    }
    isDone = true
  } finally {
    // Who stops early may close the file next: no read is under way then. What goes wrong with it is told to who waits for it.
    await next?.catch(() => {})
    for (const each of [block, spare]) {
      // If it was left early, a socket may be about to send from there.
      if (isDone) memory.giveBack(each)
      else memory.abandon(each)
    }
  }
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}
