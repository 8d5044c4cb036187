import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { sleep } from '../../lib/sleep.js'

const PROGRAM = process.env.REDIS_SERVER ?? 'redis-server'

/** @returns {string} What it says of its version. @throws {Error} If there is none. */
export function redisVersion() {
  const { error, stdout } = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' })
  if (error) throw new Error(`Cannot find ${PROGRAM}: apt-get install redis-server, or set REDIS_SERVER`)
  return stdout.split(' sha=')[0]?.trim() ?? ''
}

/** A redis-server of its own, on a free port of the loopback, that keeps nothing on disk. */
export class RedisServer {
  /** @type {number} */
  port
  /** @type {readonly string[]} */
  #args
  #folder = mkdtempSync(join(tmpdir(), 'sluice-bench-redis-'))
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child
  /** @type {Redis | undefined} */
  #admin

  /** @param {number} port @param {readonly string[]} args */
  constructor(port, args) {
    this.port = port
    this.#args = args
    process.on('exit', () => {
      this.#child?.kill('SIGKILL')
      rmSync(this.#folder, { recursive: true, force: true })
    })
  }

  /** @param {string[]} args More for its command line. */
  static async start(...args) {
    const server = new RedisServer(await freePort(), args)
    await server.start()
    return server
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`
  }

  /** For what is asked of it here. It comes back by itself. */
  get admin() {
    if (!this.#admin) {
      this.#admin = new Redis(this.url, { retryStrategy: () => 50 })
      this.#admin.on('error', () => {}) // the call fails too
    }
    return this.#admin
  }

  /** Starts it, or starts it again: empty. */
  async start() {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    const rest = ['--appendonly', 'no', '--repl-diskless-sync-delay', '0', ...this.#args]
    const child = spawn(PROGRAM, [...own, ...rest], { stdio: 'ignore' })
    this.#child = child
    for (let tries = 0; !(await accepts(this.port)); tries++) {
      if (child.exitCode !== null || tries > 200) throw new Error(`Cannot start ${PROGRAM} on port ${this.port}`)
      await sleep(25)
    }
  }

  /** Kills it without a farewell. */
  async kill() {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  async stop() {
    this.#admin?.disconnect()
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
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

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('Cannot find a free port')
  return address.port
}

/** @param {number} port */
async function accepts(port) {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
