import { once } from 'node:events'
import { connect } from 'node:net'

/** @import { Socket } from 'node:net' */
/** @import { Target } from '../types.d.ts' */

/** What all downloads are read into: what came is not looked at. */
const SINK = Buffer.allocUnsafe(256 * 1024)

/**
 * As little of a client as possible, so that a server is measured and not its client: one command at a time, passive mode, no TLS.
 */
export class RawSession {
  /** @type {Socket} */
  #socket
  #host
  #text = ''
  /** @type {string[]} */
  #replies = []
  /** @type {(() => void) | undefined} */
  #came

  /** @param {Socket} socket @param {string} host */
  constructor(socket, host) {
    this.#socket = socket
    this.#host = host
    socket.setEncoding('latin1').setNoDelay(true)
    socket.on('data', (text) => this.#take(String(text)))
    socket.on('error', () => {}) // 'close' comes too
    socket.on('close', () => this.#came?.())
  }

  /** Connects and logs in. @param {Target} target */
  static async open({ host, port, user, password }) {
    const socket = connect(port, host)
    await once(socket, 'connect')
    const session = new RawSession(socket, host)
    await session.expect(2)
    if ((await session.command(`USER ${user}`)).startsWith('3')) await session.command(`PASS ${password}`)
    await session.command('TYPE I')
    return session
  }

  /** @param {string} line @returns {Promise<string>} Its reply, the last line of it. */
  async command(line) {
    this.#socket.write(`${line}\r\n`)
    return await this.expect(2, 3)
  }

  /**
   * Downloads a file to nowhere.
   *
   * @param {string} path
   * @param {(bytes: number) => void} [note]
   * @returns {Promise<number>} Its bytes.
   */
  async get(path, note) {
    let bytes = 0
    const data = await this.#open((count) => {
      bytes += count
      note?.(count)
    })
    const ended = once(data, 'end')
    this.#socket.write(`RETR ${path}\r\n`)
    await this.expect(1)
    await ended
    data.end()
    await this.expect(2)
    return bytes
  }

  /** Uploads `bytes` bytes of `chunk`, again and again. @param {string} path @param {number} bytes @param {Buffer} chunk */
  async put(path, bytes, chunk) {
    const data = await this.#open(() => {})
    this.#socket.write(`STOR ${path}\r\n`)
    await this.expect(1)
    for (let left = bytes; left > 0; left -= chunk.length) {
      if (!data.write(left < chunk.length ? chunk.subarray(0, left) : chunk)) await once(data, 'drain')
    }
    data.end()
    await this.expect(2)
  }

  close() {
    this.#socket.destroy()
  }

  /** The next reply. @param {number[]} classes Its first digit must be one of these. @returns {Promise<string>} */
  async expect(...classes) {
    while (this.#replies.length === 0) {
      if (this.#socket.destroyed) throw new Error('the server has closed the connection')
      await new Promise((resolve) => {
        this.#came = () => resolve(undefined)
      })
    }
    const reply = String(this.#replies.shift())
    if (!classes.includes(Number(reply[0]))) throw new Error(`unexpected reply: ${reply}`)
    return reply
  }

  /** A data connection. @param {(bytes: number) => void} note */
  async #open(note) {
    const port = Number((await this.command('EPSV')).match(/\|\|\|(\d+)\|/)?.[1])
    const onread = {
      buffer: SINK,
      callback(/** @type {number} */ count) {
        note(count)
        return true
      },
    }
    const data = connect({ port, host: this.#host, allowHalfOpen: true, onread })
    await once(data, 'connect')
    data.on('error', () => {}) // the reply tells
    data.resume()
    return data
  }

  /** @param {string} text */
  #take(text) {
    this.#text += text
    const lines = this.#text.split('\r\n')
    this.#text = lines.pop() ?? ''
    // Of several lines the last has a space behind the code.
    this.#replies.push(...lines.filter((line) => /^\d{3} /.test(line)))
    this.#came?.()
  }
}
