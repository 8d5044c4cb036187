import { checkOptions, optionNames, WAIT } from '../../check-options.ts'
import { Flow, type FlowStats } from '../../throttle/flow.ts'
import { checkStreamThrottle, directionOf, watchChanges } from '../../throttle/limits.ts'
import type { StreamThrottle } from '../../throttle/stream-throttle.ts'
import type { Throttle } from '../../throttle/throttle.ts'
import { type Reader, type ReaderWriter, streamPair, type Writer } from '../adapters/stream-pair.ts'
import { CONNECT_NAMES, type ConnectOptions, connectSocket } from './connect-socket.ts'
import { StreamIO, type WaitOptions } from './stream-io.ts'
import { STREAM_NAMES, type StreamIOOptions, streamOptionsOf, streamSettings } from './stream-options.ts'

export interface ThrottleStreamIOOptions extends StreamIOOptions {
  /**
   * Throttles by name, all of which hold.
   * @default {}
   */
  readonly throttles?: Readonly<Record<string, StreamThrottle>> | undefined
  /**
   * The part of shared limits in proportion to that of other streams, > 0.
   * @default 1
   */
  readonly weight?: number | undefined
}

/** Where to connect to, and how the stream behaves. */
export interface OpenThrottledConnectionOptions extends ConnectOptions, ThrottleStreamIOOptions {
  readonly host?: string | undefined
}

const NAMES = { ...STREAM_NAMES, throttles: true, weight: true }
const OPTIONS = optionNames<ThrottleStreamIOOptions>(NAMES)
const CONNECTION_OPTIONS = optionNames<OpenThrottledConnectionOptions>({ ...CONNECT_NAMES, ...NAMES })

/** Which way bytes go. */
export type Direction = 'read' | 'write'

/**
 * A {@link StreamIO} that moves bytes no faster than its throttles allow. Every way of reading is throttled and counted, also in
 * reads that fail or stay incomplete. Writes of any size flow evenly: they are cut to what is granted.
 */
export class ThrottleStreamIO extends StreamIO {
  /** The throttles by name. `stream.throttles.name = ...` and `delete stream.throttles.name` hold at once, also in mid-transfer. */
  readonly throttles: Record<string, StreamThrottle>
  readonly #flows: Readonly<Record<Direction, Flow>>

  /**
   * Takes the streams over: nobody else may read from or write to them from here on.
   *
   * @throws {TypeError | RangeError} If an option is wrong, or a stream is neither a Node nor an unlocked web stream.
   */
  constructor(reader: Reader, writer: Writer, options?: ThrottleStreamIOOptions)
  constructor(duplex: ReaderWriter, options?: ThrottleStreamIOOptions)
  constructor(
    first: Reader | ReaderWriter,
    second?: Writer | ThrottleStreamIOOptions,
    third?: ThrottleStreamIOOptions,
  ) {
    const { reader, writer, options = {} } = streamPair(first, second, third)
    checkOptions('make a stream', options, OPTIONS)
    const initial = options.throttles ?? {}
    for (const [name, throttle] of Object.entries(initial)) checkStreamThrottle(name, throttle)
    const { weight } = options
    const flows = {
      read: new Flow(directionOf(initial, 'read'), { weight }),
      write: new Flow(directionOf(initial, 'write'), { weight }),
    }
    super(reader, writer, streamOptionsOf(options))
    this.#flows = flows
    this.throttles = watchChanges(initial, checkStreamThrottle, (throttles) => {
      flows.read.update(directionOf(throttles, 'read'))
      flows.write.update(directionOf(throttles, 'write'))
    })
  }

  /** What has passed in each direction, how long it has waited in ms, and which throttle holds it up now. */
  get stats(): Readonly<Record<Direction, FlowStats>> {
    return { read: this.#flows.read.stats, write: this.#flows.write.stats }
  }

  /**
   * Waits for a turn at every throttle, to move bytes by hand: `await wait('read')`, then the I/O, then `append('read', ...)`. The
   * calls of this stream do all that by themselves.
   *
   * @throws {RangeError} If `name` is neither 'read' nor 'write'.
   * @throws The signal's reason.
   */
  async wait(name: Direction, options: WaitOptions = {}): Promise<void> {
    checkDirection(name)
    checkOptions('wait for a turn', options, WAIT)
    await Promise.all(this.#distinct(name).map((throttle) => throttle.wait(options)))
  }

  /**
   * Reports a transfer by hand to every throttle.
   *
   * @param data The bytes that moved, or how many.
   * @param start When the transfer began, in ms on the clock of the throttles.
   * @throws {RangeError} If an argument is out of its range.
   */
  append(name: Direction, data: Uint8Array | number, start?: number): void {
    checkDirection(name)
    for (const throttle of this.#distinct(name)) throttle.append(data, start)
  }

  /** A throttle under two names counts once. */
  #distinct(name: Direction): Throttle[] {
    return [...new Set(Object.values(this.throttles).map((throttle) => throttle[name]))]
  }

  protected override take(wanted: number, signal: AbortSignal): Buffer | Promise<Buffer> {
    const flow = this.#flows.read
    const start = flow.watched ? flow.now() : undefined
    const granted = flow.tryAcquire(wanted)
    return granted > 0 ? this.#received(granted, start) : this.#take(wanted, start, signal)
  }

  protected override send(bytes: Uint8Array, signal: AbortSignal): number | Promise<number> {
    const flow = this.#flows.write
    const start = flow.watched ? flow.now() : undefined
    const granted = flow.tryAcquire(bytes.length)
    return granted > 0 ? this.#hand(bytes, granted, start) : this.#send(bytes, start, signal)
  }

  protected override discarded(): void {
    this.#flows.read.close()
    this.#flows.write.close()
  }

  async #take(wanted: number, start: number | undefined, signal: AbortSignal): Promise<Buffer> {
    return this.#received(await this.#flows.read.acquire(wanted, { signal }), start)
  }

  #received(granted: number, start: number | undefined): Buffer {
    const bytes = super.take(granted, NEVER) as Buffer
    try {
      this.#flows.read.append(bytes, start)
    } catch (error) {
      this.putBack(bytes)
      throw error
    }
    return bytes
  }

  async #send(bytes: Uint8Array, start: number | undefined, signal: AbortSignal): Promise<number> {
    return this.#hand(bytes, await this.#flows.write.acquire(bytes.length, { signal }), start)
  }

  #hand(bytes: Uint8Array, granted: number, start: number | undefined): number {
    const flow = this.#flows.write
    const piece = granted === bytes.length ? bytes : bytes.subarray(0, granted)
    let sent: number
    try {
      sent = super.send(piece, NEVER) as number
    } catch (error) {
      flow.refund(granted)
      throw error
    }
    flow.append(piece, start)
    return sent
  }
}

const NEVER = new AbortController().signal

/**
 * Connects to a server by TCP, TLS or a Unix socket, like `openConnection`, under throttles.
 *
 * @throws As `openConnection`.
 */
export async function openThrottledConnection(options: OpenThrottledConnectionOptions): Promise<ThrottleStreamIO> {
  checkOptions('connect', options, CONNECTION_OPTIONS)
  streamSettings(options)
  const { throttles, weight } = options
  const own = { ...streamOptionsOf(options), throttles, weight }
  return await connectSocket(options, (socket) => new ThrottleStreamIO(socket, own))
}

function checkDirection(name: Direction): void {
  if (name !== 'read' && name !== 'write') {
    throw new RangeError(`Cannot use a throttle: the direction must be 'read' or 'write', is ${String(name)}`)
  }
}
