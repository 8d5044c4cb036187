import { Redis } from 'ioredis'
import { RedisServer as Server } from '../../../scripts/lib/redis-server.js'

/** A redis-server of its own that tells what it has done. */
export class RedisServer extends Server {
  /** @type {Redis | undefined} */
  #admin

  /** @param {string[]} args More for its command line. */
  static async start(...args) {
    const server = new RedisServer({ args: ['--repl-diskless-sync-delay', '0', ...args] })
    await server.start()
    return server
  }

  /** For what is asked of it here. It comes back by itself. */
  get admin() {
    if (!this.#admin) {
      this.#admin = new Redis(this.url, { retryStrategy: () => 50 })
      this.#admin.on('error', () => {}) // the call fails too
    }
    return this.#admin
  }

  /** @override */
  async stop() {
    this.#admin?.disconnect()
    await super.stop()
  }

  /**
   * What it has done so far: scripts that clients called, and ms of processor time. What a script calls is no call of a client.
   *
   * @returns {Promise<{ calls: number, cpu: number }>}
   */
  async work() {
    const [stats, cpu] = await Promise.all([this.#info('commandstats'), this.#info('cpu')])
    const count = (/** @type {string} */ command) =>
      Number(stats.get(`cmdstat_${command}`)?.match(/^calls=(\d+)/)?.[1] ?? 0)
    return {
      calls: count('evalsha') + count('eval'),
      cpu: 1000 * (Number(cpu.get('used_cpu_user')) + Number(cpu.get('used_cpu_sys'))),
    }
  }

  /** @returns {Promise<{ all: number, keys: number }>} Bytes in use: in all, and by the keys. */
  async memory() {
    const all = Number((await this.#info('memory')).get('used_memory'))
    let keys = 0
    for (const key of await this.admin.keys('*')) keys += Number(await this.admin.memory('USAGE', key, 'SAMPLES', 0))
    return { all, keys }
  }

  /** @param {string} section */
  async #info(section) {
    const lines = (await this.admin.info(section)).split('\r\n')
    return new Map(lines.map((line) => /** @type {[string, string]} */ (line.split(':', 2))))
  }
}
