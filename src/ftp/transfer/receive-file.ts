import type { Patience } from '../../streams/io/silence.ts'
import type { Flow } from '../../throttle/flow.ts'
import { FileError } from '../files/file-error.ts'
import { Ending } from './ending.ts'
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

/** What comes through a socket, up to its end. */
class Receiver {
  readonly #intake: SocketIntake
  readonly #options: TransferOptions
  readonly #ending: Ending
  #isFirst = true

  constructor(intake: SocketIntake, options: TransferOptions) {
    this.#intake = intake
    this.#options = options
    this.#ending = new Ending(options.clock, options.signal, options.silence)
  }

  /** The next bytes, to be given to {@link consume} before more are asked for; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    const intake = this.#intake
    const { signal } = this.#ending
    signal.throwIfAborted()
    while (intake.front.length === 0) {
      if (intake.ended) return undefined
      const ready = intake.ready(signal)
      if (ready) await this.#ending.patiently(this.#patience, ready)
    }
    this.#isFirst = false
    const { front } = intake
    return await granted(this.#options.flow, front.length > PIECE ? front.subarray(0, PIECE) : front, signal)
  }

  consume(count: number): void {
    this.#intake.consume(count)
    this.#options.onBytes?.(count)
  }

  end(): void {
    this.#ending.release()
  }

  get #patience(): Patience {
    const { stallTimeout, firstByteTimeout = stallTimeout } = this.#options
    if (this.#isFirst) return { phase: 'first byte', timeout: firstByteTimeout }
    return { phase: 'stall', timeout: stallTimeout }
  }
}

/**
 * What comes through a socket, up to its end. Each chunk is the caller's until the next one is asked for.
 *
 * @throws {TimeoutError} With phase 'first byte' or 'stall', if the other side falls silent; the error of the socket; the signal's reason.
 */
export async function* received(intake: SocketIntake, options: TransferOptions): AsyncGenerator<Buffer> {
  const receiver = new Receiver(intake, options)
  try {
    for (let chunk = await receiver.next(); chunk; chunk = await receiver.next()) {
      yield chunk
      receiver.consume(chunk.length)
    }
  } finally {
    receiver.end()
  }
}

/**
 * Receives from a socket up to its end.
 *
 * @returns How many bytes came.
 * @throws As {@link received}, and what `take` throws.
 */
export async function receive(intake: SocketIntake, take: TakeBytes, options: TransferOptions): Promise<number> {
  const receiver = new Receiver(intake, options)
  let count = 0
  try {
    for (let chunk = await receiver.next(); chunk; chunk = await receiver.next()) {
      const taking = take(chunk)
      if (taking) await taking
      count += chunk.length
      receiver.consume(chunk.length)
    }
    return count
  } finally {
    receiver.end()
  }
}

/** Writes into a file from `position` on. @throws {FileError} EIO, if it takes nothing any more and does not say why. */
export function intoFile(file: WritableFile, position = 0): TakeBytes {
  let at = position
  return async (bytes) => {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at)
      if (!(bytesWritten > 0)) throw new FileError('write to', 'the file', 'EIO')
      written += bytesWritten
      at += bytesWritten
    }
  }
}

/** As many of `bytes`, from the first, as may move. They are reported to throttles that watch. */
function granted(flow: Flow, bytes: Buffer, signal: AbortSignal): Buffer | Promise<Buffer> {
  const start = flow.watched ? flow.now() : undefined
  const count = flow.tryAcquire(bytes.length)
  if (count === 0) return grantedLater(flow, bytes, start, signal)
  return reported(flow, bytes, count, start)
}

async function grantedLater(
  flow: Flow,
  bytes: Buffer,
  start: number | undefined,
  signal: AbortSignal,
): Promise<Buffer> {
  return reported(flow, bytes, await flow.acquire(bytes.length, { signal }), start)
}

function reported(flow: Flow, bytes: Buffer, count: number, start: number | undefined): Buffer {
  const piece = count === bytes.length ? bytes : bytes.subarray(0, count)
  flow.append(piece, start)
  return piece
}
