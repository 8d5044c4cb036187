import { Lane } from '../../streams/io/lane.ts'
import type { Flow } from '../../throttle/flow.ts'
import type { SocketIntake } from './socket-intake.ts'
import type { TransferOptions } from './transfer-options.ts'

/**
 * No more is taken in one go, so that there is room for what comes while it is written. Each piece is handed to another thread, which costs
 * more than the copy of half of it; measured.
 */
const PIECE = 1024 * 1024

/** Where bytes go, in their order. Takes all of `bytes`, which are the caller's again when it has settled. */
export type TakeBytes = (bytes: Buffer) => Promise<void> | void

/** A file that is written at positions; `fs.promises.FileHandle` is one. */
export interface WritableFile {
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>
}

/**
 * What comes through a socket, up to its end. Each chunk is the caller's until the next one is asked for.
 *
 * @throws {TimeoutError} With phase 'first byte' or 'stall', if the other side falls silent; the error of the socket; the signal's reason.
 */
export async function* received(intake: SocketIntake, options: TransferOptions): AsyncGenerator<Buffer> {
  const { flow, stallTimeout, firstByteTimeout = stallTimeout, clock, signal, onBytes } = options
  const lane = new Lane(clock)
  let isFirst = true
  const patience = () =>
    isFirst
      ? { phase: 'first byte' as const, timeout: firstByteTimeout }
      : { phase: 'stall' as const, timeout: stallTimeout }
  for (;;) {
    const chunk = await lane.run('receive', signal, async () => {
      while (intake.front.length === 0) {
        if (intake.ended) return undefined
        await lane.patiently(patience(), (end) => intake.ready(end))
      }
      return await granted(flow, intake.front.subarray(0, PIECE), lane.signal)
    })
    if (chunk === undefined) return
    isFirst = false
    yield chunk
    intake.consume(chunk.length)
    onBytes?.(chunk.length)
  }
}

/**
 * Receives from a socket up to its end.
 *
 * @returns How many bytes came.
 * @throws As {@link received}, and what `take` throws.
 */
export async function receive(intake: SocketIntake, take: TakeBytes, options: TransferOptions): Promise<number> {
  let count = 0
  for await (const chunk of received(intake, options)) {
    await take(chunk)
    count += chunk.length
  }
  return count
}

/** Writes into a file from `position` on. */
export function intoFile(file: WritableFile, position = 0): TakeBytes {
  let at = position
  return async (bytes) => {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at)
      written += bytesWritten
      at += bytesWritten
    }
  }
}

/** As many of `bytes`, from the first, as may move. They are reported to throttles that watch. */
async function granted(flow: Flow, bytes: Buffer, signal: AbortSignal): Promise<Buffer> {
  const start = flow.watched ? flow.now() : undefined
  const count = flow.tryAcquire(bytes.length) || (await flow.acquire(bytes.length, { signal }))
  const piece = count === bytes.length ? bytes : bytes.subarray(0, count)
  flow.append(piece, start)
  return piece
}
