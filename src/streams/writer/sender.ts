import type { Clock } from '../../clock.ts'
import { ClosedError } from '../../errors.ts'
import { onAbort } from '../../on-abort.ts'
import type { IntervalPacer } from '../../rate/interval-pacer.ts'
import type { ByteSink } from '../adapters/byte-sink.ts'
import { type Message, SendQueue } from './send-queue.ts'

/** Sends in one go, before everything else gets its turn. Only matters for sinks that never fill up, under no interval. */
const SENDS_PER_TURN = 512

/**
 * Carries messages to a sink: in order, one send at a time, each when it is due and the sink has room.
 *
 * What the first message waits for is decided anew by whoever wakes the sender (time, the sink, a changed interval, an
 * abort, a new message), so that none of them has to know what it was waiting for.
 */
export class Sender {
  readonly #sink: ByteSink
  readonly #pacer: IntervalPacer
  readonly #clock: Clock
  readonly #queue = new SendQueue()
  #bytesWritten = 0
  #isRunning = false
  #stopSleep: (() => void) | undefined
  /** As far as is known: what the sink said last. */
  #hasRoom = true
  #isEmpty = true
  #awaitsRoom = false
  #awaitsEmpty = false
  /** When a throttled message was last found to be due or not. */
  #lookedAt = 0
  /** Counts sends, to tell whether the sink got more bytes since it was asked. */
  #sends = 0

  constructor(sink: ByteSink, pacer: IntervalPacer, clock: Clock) {
    this.#sink = sink
    this.#pacer = pacer
    this.#clock = clock
    sink.waitClosed().then(this.#onClosed, (error) => this.fail(error))
  }

  /** Bytes handed to the sink so far. */
  get bytesWritten(): number {
    return this.#bytesWritten
  }

  /** Puts a message at the end of the queue. Settles when it was carried out; rejects with `signal.reason` when aborted. */
  send(message: Message, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      message.signal = signal
      this.#queue.push(message)
      const forget = onAbort(signal, (reason) => {
        const wasFirst = message === this.#queue.first
        this.#settle(message, true, reason)
        if (wasFirst) this.retime()
      })
      message.resolve = () => {
        forget()
        resolve()
      }
      message.reject = (error) => {
        forget()
        reject(error)
      }
      this.#run()
    })
  }

  /** Looks anew at when the first message is due. */
  retime(): void {
    this.#stopSleep?.()
    this.#stopSleep = undefined
    this.#run()
  }

  /** Rejects all that is queued. */
  fail(error: unknown): void {
    this.#stopSleep?.()
    this.#stopSleep = undefined
    for (let message = this.#queue.first; message; message = this.#queue.first) this.#settle(message, true, error)
  }

  #settle(message: Message, failed: boolean, error?: unknown): void {
    if (message.isSettled) return
    message.isSettled = true
    this.#queue.remove(message)
    if (failed) message.reject(error)
    else message.resolve()
  }

  readonly #onClosed = (): void => {
    if (this.#queue.first?.ending) this.#finish()
    else this.fail(new ClosedError('write'))
  }

  /** The sink has ended. Only other calls for that can be in the queue. */
  readonly #finish = (): void => {
    for (let message = this.#queue.first; message; message = this.#queue.first) this.#settle(message, false)
  }

  readonly #wake = (): void => {
    this.#stopSleep = undefined
    this.#run()
  }

  /** Goes on until there is something to wait for, and then waits for just that. */
  #run(): void {
    // A sink may call back into the writer; a sleep ends by itself or through retime().
    if (this.#isRunning || this.#stopSleep) return
    this.#isRunning = true
    try {
      let sends = 0
      for (let message = this.#queue.first; message; message = this.#queue.first) {
        if (message.signal?.aborted) {
          // One signal can abort many: they hear of it one by one, and none must go out meanwhile.
          this.#settle(message, true, message.signal.reason)
          continue
        }
        const bytes = message.peek()
        if (this.#mustWait(message, bytes)) return
        if (bytes === undefined) this.#settle(message, false)
        else if (++sends <= SENDS_PER_TURN) this.#send(message, bytes)
        else {
          this.#sleepUntil(this.#clock.now())
          return
        }
      }
    } finally {
      this.#isRunning = false
    }
  }

  /** True if something has to happen first, which then calls `#run` again. */
  #mustWait(message: Message, bytes: Uint8Array | undefined): boolean {
    const hasMore = bytes !== undefined
    if (!hasMore && message.afterwards === 'end') {
      this.#end(message)
      return true
    }
    const mustDrain = (message.drain && message.sent) || (!hasMore && message.afterwards === 'drain')
    if (mustDrain && !this.#isEmpty) {
      this.#awaitEmpty()
      return true
    }
    if (!this.#hasRoom) {
      this.#awaitRoom()
      return true
    }
    if (!hasMore || message.mode === 'no_throttle') return false
    const now = this.#clock.now()
    if (!message.asked) this.#pacer.ask(now)
    message.asked = true
    this.#lookedAt = now
    const due = this.#pacer.due()
    if (due <= now) return false
    this.#sleepUntil(due)
    return true
  }

  #sleepUntil(time: number): void {
    // No slack: the last fraction of a millisecond is spun away, since intervals may be as short as that.
    this.#stopSleep = this.#clock.sleepUntil(time, this.#wake, 0)
  }

  #send(message: Message, bytes: Uint8Array): void {
    message.advance()
    this.#sends++
    this.#isEmpty = false
    try {
      this.#hasRoom = this.#sink.write(bytes)
      this.#bytesWritten += bytes.length
    } catch (error) {
      if (this.#sink.closed) this.fail(error)
      else this.#settle(message, true, error)
      return
    }
    if (message.mode !== 'no_throttle') this.#pacer.sent(this.#lookedAt, this.#clock.now())
  }

  #end(message: Message): void {
    if (message.ending) return
    message.ending = true
    this.#sink.end().then(this.#finish, (error) => this.fail(error))
  }

  #awaitRoom(): void {
    if (this.#awaitsRoom) return
    this.#awaitsRoom = true
    this.#sink.ready().then(
      () => {
        this.#awaitsRoom = false
        this.#hasRoom = true
        this.#run()
      },
      (error) => this.fail(error),
    )
  }

  #awaitEmpty(): void {
    if (this.#awaitsEmpty) return
    this.#awaitsEmpty = true
    const sends = this.#sends
    this.#sink.drained().then(
      () => {
        this.#awaitsEmpty = false
        if (sends === this.#sends) this.#isEmpty = true
        this.#run()
      },
      (error) => this.fail(error),
    )
  }
}
