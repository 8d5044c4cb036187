import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** @import { AddressInfo, Socket } from 'node:net' */

/** An address in front of a server, which can be slow, lose touch without closing anything, and lead elsewhere from some time on. */
export class Relay {
  /** The port on the loopback that new connections lead to. */
  target
  /** Milliseconds each way, from now on. */
  delay = 0
  #server
  /** @type {Set<Socket>} */
  #sockets = new Set()
  #cut = false

  /** @private @param {number} port */
  constructor(port) {
    this.target = port
    this.#server = createServer((client) => {
      const server = connect(this.target, '127.0.0.1')
      this.#forward(client, server)
      this.#forward(server, client)
    })
  }

  /** @param {number} port */
  static async start(port) {
    const relay = new Relay(port)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  get url() {
    return `redis://127.0.0.1:${/** @type {AddressInfo} */ (this.#server.address()).port}`
  }

  /** Whether nothing comes through; what was sent meanwhile comes through afterwards, as TCP has it. */
  get cut() {
    return this.#cut
  }

  set cut(cut) {
    this.#cut = cut
    for (const socket of this.#sockets) {
      if (cut) socket.pause()
      else socket.resume()
    }
  }

  async close() {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** @param {Socket} from @param {Socket} to */
  #forward(from, to) {
    // A queue, so that nothing is overtaken when the delay becomes shorter.
    /** @type {Buffer[]} */
    const late = []
    this.#sockets.add(from)
    from.setNoDelay(true)
    if (this.#cut) from.pause()
    from.on('data', (bytes) => {
      if (this.delay === 0 && late.length === 0) to.write(bytes)
      else {
        late.push(bytes)
        setTimeout(() => {
          const next = late.shift()
          if (next && to.writable) to.write(next)
        }, this.delay)
      }
    })
    from.on('error', () => {}) // 'close' comes too
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
