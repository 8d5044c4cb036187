import type { TakeBytes } from '../../transfer/receive-file.ts'

const LF = 0x0a
const CR = 0x0d

/** TYPE A towards the client: each LF becomes CRLF, where it is not one already (RFC 959 section 3.1.1.1). */
export async function* toNetwork(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last = 0
  for await (const chunk of chunks) {
    const text = Buffer.allocUnsafe(chunk.length * 2)
    let length = 0
    for (const byte of chunk) {
      if (byte === LF && last !== CR) text[length++] = CR
      text[length++] = byte
      last = byte
    }
    yield text.subarray(0, length)
  }
}

/** TYPE A from the client: each CRLF becomes LF. A CR without LF stays. */
export class FromNetwork {
  readonly #take: TakeBytes
  /** A CR that was the last byte: what comes next decides. */
  #hasCr = false

  constructor(take: TakeBytes) {
    this.#take = take
  }

  readonly take = async (bytes: Buffer): Promise<void> => {
    const text = Buffer.allocUnsafe(bytes.length + 1)
    let length = 0
    for (const byte of bytes) {
      if (this.#hasCr && byte !== LF) text[length++] = CR
      this.#hasCr = byte === CR
      if (!this.#hasCr) text[length++] = byte
    }
    if (length > 0) await this.#take(text.subarray(0, length))
  }

  /** There is nothing more. */
  async end(): Promise<void> {
    if (this.#hasCr) await this.#take(Buffer.of(CR))
    this.#hasCr = false
  }
}
