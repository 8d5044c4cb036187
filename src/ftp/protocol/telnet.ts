const IAC = 255
const DONT = 254
const WILL = 251
const IP = 244
const DATA_MARK = 242
const LOWEST_COMMAND = 240

type State = 'text' | 'command' | 'option' | 'synch' | 'synch command'

/**
 * Takes Telnet commands out of the bytes that a client sends, however they are cut: `IAC IAC` is the byte 255; `IAC WILL`,
 * `WONT`, `DO` and `DONT` have one more byte; the others, such as `IAC IP` and `IAC DM` before an ABOR, have none.
 *
 * - A byte 255 before one that is no command stays: a client that knows no Telnet sends names in ISO 8859-1 so.
 * - After `IAC IP` a lone `IAC` or `DM` goes too: the other one was sent as urgent data, and sockets take that out of the
 *   stream.
 *
 * Source: RFC 854, RFC 959 section 4.1.3.
 */
export class TelnetFilter {
  #state: State = 'text'

  /** The bytes without the commands; `bytes` itself if there are none. */
  strip(bytes: Uint8Array): Uint8Array {
    if (this.#state === 'text' && !bytes.includes(IAC)) return bytes
    const text = Buffer.allocUnsafe(bytes.length + 1) // an IAC may be left over from the last call
    let length = 0
    for (const byte of bytes) {
      const state = this.#state
      this.#state = next(state, byte)
      if (state === 'command' && byte < LOWEST_COMMAND) text[length++] = IAC
      if (isText(state, byte)) text[length++] = byte
    }
    return text.subarray(0, length)
  }
}

function next(state: State, byte: number): State {
  if (state === 'text') return byte === IAC ? 'command' : 'text'
  if (state === 'synch') return byte === IAC ? 'synch command' : 'text'
  if (state === 'option') return 'text'
  if (byte >= WILL && byte <= DONT) return 'option'
  return byte === IP ? 'synch' : 'text'
}

function isText(state: State, byte: number): boolean {
  if (state === 'option') return false
  if (state === 'text') return byte !== IAC
  if (state === 'synch') return byte !== IAC && byte !== DATA_MARK
  return byte === IAC || byte < LOWEST_COMMAND
}

/** Doubles each byte 255, so that it is not taken for a Telnet command. */
export function escapeTelnet(bytes: Buffer): Buffer {
  return bytes.includes(IAC) ? Buffer.from(bytes.toString('latin1').replaceAll('\xff', '\xff\xff'), 'latin1') : bytes
}

/** The other way round. A single byte 255 stays, since not all servers double it. */
export function unescapeTelnet(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(IAC)) return bytes
  return Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('\xff\xff', '\xff'), 'latin1')
}
