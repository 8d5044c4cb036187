import { constants } from 'node:os'
import { Duplex, getDefaultHighWaterMark } from 'node:stream'
import { checkOptions, optionNames } from '../check-options.ts'
import { type Clock, systemClock } from '../clock.ts'
import { ClosedError } from '../errors.ts'
import { type Duration, parseDuration, parseSize, type Size } from '../units.ts'
import { BytePipe } from './byte-pipe.ts'

export interface DuplexPairOptions {
  /**
   * How long bytes, ends and resets are on their way, in ms or as text.
   *
   * @default 0
   */
  readonly latency?: Duration
  /**
   * How many bytes can be between the two streams in each direction, on their way or not yet taken; > 0. A write calls back when its
   * last byte is among them. The streams' own buffers come on top: their high-water marks are the same, or Node's if that is less.
   *
   * @default 65_536
   */
  readonly bufferSize?: Size
  /**
   * Where the latency comes from. Without latency no clock is used.
   *
   * @default systemClock
   */
  readonly clock?: Clock
}

const OPTIONS = optionNames<DuplexPairOptions>({ latency: true, bufferSize: true, clock: true })

/**
 * Two streams that are connected like the two ends of a TCP connection, in memory: what is written to one is read from the other,
 * in order, though not in the same chunks.
 *
 * - `end()` arrives as the end; the other direction stays open.
 * - `destroy(error)`, or `destroy()` before all was ended, arrives as an `ECONNRESET`, its `cause` being `error`. What the other side
 *   has not taken by then is lost.
 * - `destroy()` after `end()` has finished lets all that was written arrive. The other side gets an `ECONNRESET` only if bytes of its own
 *   are lost by that.
 *
 * No timer is left when both are destroyed, and none waits for a side that does not read.
 *
 * @throws {RangeError} If an option is out of its range.
 */
export function createDuplexPair(options: DuplexPairOptions = {}): [Duplex, Duplex] {
  checkOptions('connect streams', options, OPTIONS)
  const { clock = systemClock } = options
  const latency = parseDuration(options.latency ?? 0)
  const bufferSize = parseSize(options.bufferSize ?? 65_536)
  if (bufferSize === 0)
    throw new RangeError(`Cannot connect streams: 'bufferSize' must be > 0: current value is ${bufferSize}`)

  const pipeTo = (end: () => Duplex) =>
    new BytePipe(latency, bufferSize, clock, {
      bytes: (bytes) => end().push(bytes),
      end: () => end().push(null),
      reset: (cause) => end().destroy(connectionReset(cause)),
    })
  const toA = pipeTo(() => a)
  const toB = pipeTo(() => b)
  const highWaterMark = Math.min(bufferSize, getDefaultHighWaterMark(false))
  const a: Duplex = createEnd(toA, toB, highWaterMark)
  const b: Duplex = createEnd(toB, toA, highWaterMark)
  return [a, b]
}

function createEnd(incoming: BytePipe, outgoing: BytePipe, highWaterMark: number): Duplex {
  return new Duplex({
    highWaterMark,
    read: () => incoming.resume(),
    write: (bytes: Buffer, _, done) => outgoing.write(bytes, done),
    final(done) {
      outgoing.end()
      done()
    },
    destroy(error, done) {
      const isUnread = this.readableLength > 0
      const tellOfLoss = () => outgoing.reset(undefined)
      incoming.close(tellOfLoss)
      if (isUnread) tellOfLoss()
      outgoing.abandon(error ?? new ClosedError('write'), error ?? undefined)
      done(error)
    },
  })
}

/** As a socket's: what has `code` and `syscall` is treated alike by those who tell network errors from others. */
function connectionReset(cause: Error | undefined): Error {
  return Object.assign(new Error('read ECONNRESET', cause && { cause }), {
    code: 'ECONNRESET',
    errno: -constants.errno.ECONNRESET,
    syscall: 'read',
  })
}
