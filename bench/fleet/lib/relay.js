import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** @import { Socket } from 'node:net' */

/** An address in front of a server, which can be slow, lose touch without closing anything, and lead elsewhere from some time on. */
export class Relay {
  /** Where new connections lead to. */
  target
  /** Milliseconds each way. */
  delay = 0
  #server
  /** @type {Set<Socket>} */
  #sockets = new Set()
  #cut = false

  /** @param {number} port */
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
    const address = this.#server.address()
    return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
  }

  /** Nothing comes through until {@link Relay.join}; what was sent meanwhile then does, as TCP has it. */
  cut() {
    this.#cut = true
    for (const socket of this.#sockets) socket.pause()
  }

  join() {
    this.#cut = false
    for (const socket of this.#sockets) socket.resume()
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** @param {Socket} from @param {Socket} to */
  #forward(from, to) {
    this.#sockets.add(from)
    from.setNoDelay(true)
    if (this.#cut) from.pause()
    from.on('data', (bytes) => {
      if (this.delay === 0) to.write(bytes)
      else setTimeout(() => to.writable && to.write(bytes), this.delay)
    })
    from.on('error', () => {}) // 'close' comes too
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
