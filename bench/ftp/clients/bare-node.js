import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { costHere } from '../lib/cost.js'

/** @import { FtpClient, Target } from '../types.d.ts' */

/**
 * What Node.js itself takes for small files: its sockets and its files, and nothing else. No check, no timeout, no error is handled, nothing is
 * listed, no time is set, no name is temporary. Nobody could use it; a client in Node.js can hardly be faster.
 */
class BareConnection {
  #socket
  #text = ''
  /** @type {string[]} */
  #replies = []
  /** @type {((line: string) => void)[]} */
  #waiting = []
  #memory = Buffer.alloc(65_536)

  /** @param {Target} target */
  constructor({ port, host }) {
    this.#socket = net.connect({ port, host, noDelay: true }).setEncoding('latin1')
    this.#socket.on('data', (text) => {
      this.#text += text
      for (let end = this.#text.indexOf('\r\n'); end >= 0; end = this.#text.indexOf('\r\n')) {
        const line = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        if (!/^\d{3} /.test(line)) continue
        const wait = this.#waiting.shift()
        if (wait) wait(line)
        else this.#replies.push(line)
      }
    })
  }

  /** @returns {Promise<string>} */
  reply() {
    const reply = this.#replies.shift()
    return reply === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(reply)
  }

  /** @param {string} line */
  async command(line) {
    this.#socket.write(`${line}\r\n`)
    return await this.reply()
  }

  /** @param {Target} target */
  async logIn({ user, password }) {
    await this.reply()
    for (const line of [`USER ${user}`, `PASS ${password}`, 'TYPE I']) await this.command(line)
  }

  async #port() {
    return Number(/\|(\d+)\|\)/.exec(await this.command('EPSV'))?.[1])
  }

  /** @param {Target} target @param {string} remote @returns {Promise<Buffer>} */
  async get({ host }, remote) {
    let length = 0
    const onread = {
      buffer: this.#memory,
      callback: (/** @type {number} */ count) => {
        length += count
        return true
      },
    }
    const data = net.connect({ port: await this.#port(), host, noDelay: true, onread })
    const ended = new Promise((resolve) => data.on('end', resolve).resume())
    await this.command(`RETR ${remote}`)
    await ended
    await this.reply()
    return Buffer.from(this.#memory.subarray(0, length))
  }

  /** @param {Target} target @param {string} remote @param {Buffer} bytes */
  async put({ host }, remote, bytes) {
    const data = net.connect({ port: await this.#port(), host, noDelay: true })
    await this.command(`STOR ${remote}`)
    data.end(bytes)
    await this.reply()
  }

  close() {
    this.#socket.destroy()
  }
}

/** @param {string} path @param {Buffer} bytes @returns {Promise<void>} */
const write = (path, bytes) =>
  new Promise((resolve) => {
    fs.open(path, 'w', (_, file) => fs.write(file, bytes, 0, bytes.length, 0, () => fs.close(file, () => resolve())))
  })

/** @param {string} path @returns {Promise<Buffer>} */
const read = (path) =>
  new Promise((resolve) => {
    const bytes = Buffer.allocUnsafe(65_536)
    fs.open(path, 'r', (_, file) =>
      fs.read(file, bytes, 0, bytes.length, 0, (_, count) => fs.close(file, () => resolve(bytes.subarray(0, count)))),
    )
  })

/**
 * @param {Target} target
 * @param {number} connections The first one is there before the time begins, as with the others.
 * @param {readonly string[]} names
 * @param {(connection: BareConnection, name: string, later: (work: Promise<void>) => void) => Promise<void>} move What is left for
 *   later goes on beside the next file.
 */
async function each(target, connections, names, move) {
  const first = new BareConnection(target)
  await first.logIn(target)
  return await costHere(async () => {
    const left = [...names].reverse()
    /** @type {Promise<void>[]} */
    const beside = []
    const later = (/** @type {Promise<void>} */ work) => void beside.push(work)
    const work = async (/** @type {BareConnection} */ connection) => {
      if (connection !== first) await connection.logIn(target)
      for (let name = left.pop(); name !== undefined; name = left.pop()) await move(connection, name, later)
      connection.close()
    }
    const others = Array.from({ length: connections - 1 }, () => new BareConnection(target))
    await Promise.all([first, ...others].map(work))
    await Promise.all(beside)
  })
}

/** @type {FtpClient} */
export default {
  name: 'bare Node',
  isParallel: true,
  getTree: (target, remote, local, { names, connections }) =>
    each(target, connections, names, async (connection, name, later) => {
      later(write(join(local, name), await connection.get(target, `${remote}/${name}`)))
    }),
  putTree: (target, local, remote, { names, connections }) =>
    each(target, connections, names, async (connection, name) => {
      await connection.put(target, `${remote}/${name}`, await read(join(local, name)))
    }),
}
