/** How a message goes out; see `ThrottledStreamWriter.write`. */
export type WriteMode = 'whole' | 'bytewise' | 'no_throttle'

/** What a message does after its last send. */
export type Afterwards = 'nothing' | 'drain' | 'end'

/** What somebody wants to be sent, and how far that has come. */
export class Message {
  readonly mode: WriteMode
  /** The buffer of the sink must empty after each send. */
  readonly drain: boolean
  readonly afterwards: Afterwards
  readonly #parts: readonly Uint8Array[]
  #part = 0
  #offset = 0
  /** The pacer knows that the next send waits. */
  asked = false
  /** At least one send went. */
  sent = false
  /** The end of the sink is under way, and can't be taken back. */
  ending = false
  isSettled = false
  signal: AbortSignal | undefined
  resolve: () => void = () => {}
  reject: (error: unknown) => void = () => {}
  previous: Message | undefined
  next: Message | undefined

  constructor(parts: readonly Uint8Array[], mode: WriteMode, drain: boolean, afterwards: Afterwards = 'nothing') {
    this.#parts = parts
    this.mode = mode
    this.drain = drain
    this.afterwards = afterwards
  }

  /** The bytes of the next send, or undefined after the last. */
  peek(): Uint8Array | undefined {
    let part = this.#parts[this.#part]
    if (this.mode !== 'bytewise') return part
    while (part !== undefined && this.#offset >= part.length) {
      this.#offset = 0
      part = this.#parts[++this.#part]
    }
    return part?.subarray(this.#offset, this.#offset + 1)
  }

  /** The bytes that `peek` showed went. */
  advance(): void {
    this.sent = true
    this.asked = false
    if (this.mode === 'bytewise') this.#offset++
    else this.#part++
  }
}

/** Messages in order. Any of them can leave at any time, at no cost. */
export class SendQueue {
  first: Message | undefined
  #last: Message | undefined

  push(message: Message): void {
    message.previous = this.#last
    if (this.#last) this.#last.next = message
    else this.first = message
    this.#last = message
  }

  /** `message` must be in the queue. */
  remove(message: Message): void {
    const { previous, next } = message
    if (previous) previous.next = next
    else this.first = next
    if (next) next.previous = previous
    else this.#last = previous
    message.previous = message.next = undefined
  }
}
