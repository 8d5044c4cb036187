import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A Redis or Valkey of its own, for the demo, the tests and the bench.
 *
 * @import { ChildProcess } from 'node:child_process'
 * @import { AddressInfo } from 'node:net'
 *
 * @typedef {object} RedisServerOptions
 * @property {string} [program] Default: what {@link findRedis} finds.
 * @property {number} [port] Default: a free one.
 * @property {string} [config] A file of settings that it may write to.
 * @property {readonly string[]} [args] More for its command line.
 * @property {Readonly<Record<string, string>>} [env] More for its environment.
 * @property {boolean} [detached] Whether it is in a group of its own, so that Ctrl-C does not reach it. Default false.
 */

const ADVICE = `install it, for example
  Debian, Ubuntu   apt-get install redis-server      (or valkey-server)
  Fedora           dnf install valkey
  Alpine           apk add redis                     (or valkey)
  macOS            brew install redis                (or valkey)
or name the program in the environment: REDIS_SERVER=/path/to/redis-server`

/** How long a server may take to start, in ms. */
const PATIENCE = 10_000

/**
 * Finds what `REDIS_SERVER` names, else `redis-server` or `valkey-server`.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ readonly program: string, readonly version: string }} With name and version, as in "Redis 7.0.15".
 * @throws {Error} If there is none; it says how to get one.
 */
export function findRedis(env = process.env) {
  const programs = env.REDIS_SERVER ? [env.REDIS_SERVER] : ['redis-server', 'valkey-server']
  for (const program of programs) {
    const { error, status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
    if (error || status !== 0) continue
    const [, name = 'Redis', version = '?'] = /^(\w+).*\bv=(\S+)/.exec(stdout) ?? []
    return { program, version: `${name} ${version}` }
  }
  throw new Error(`Cannot find ${programs.join(' or ')}: ${ADVICE}`)
}

/** No server outlives the process that started it. @type {Set<RedisServer>} */
const servers = new Set()
process.on('exit', () => {
  for (const server of servers) server.end()
})

/**
 * What a program is started by, so that the kernel ends it with this process: also if that is killed, and can end nothing itself.
 *
 * @type {string[] | undefined}
 */
let guard
/** @param {string} program */
function guarded(program) {
  if (!guard) {
    const words = ['--pdeathsig', 'KILL', '--']
    const { status } = process.platform === 'linux' ? spawnSync('setpriv', [...words, 'true']) : { status: 1 }
    guard = status === 0 ? ['setpriv', ...words] : []
  }
  return [...guard, program]
}

/** A server on the loopback that keeps nothing on disk, and ends when this process does. */
export class RedisServer {
  /** 0 until it is started if none was given; then it stays the same. */
  port
  /** Of each time that it was started. @type {number[]} */
  pids = []
  #options
  /** @type {string | undefined} */
  #folder
  /** @type {ChildProcess | undefined} */
  #child

  /** @param {RedisServerOptions} options */
  constructor(options = {}) {
    this.port = options.port ?? 0
    this.#options = options
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Whether it runs; also true while it is stopped by SIGSTOP. */
  get lives() {
    const child = this.#child
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null
  }

  /**
   * Starts it, or starts it again: empty. Settles when it accepts connections.
   *
   * @param {AbortSignal} [signal] Ends the waiting.
   * @throws {Error} If it can't be started, ends, or does not listen within 10 s.
   */
  async start(signal) {
    const { program = findRedis().program, config, args = [], env, detached = false } = this.#options
    if (this.port === 0) this.port = await freePort()
    this.#folder ??= mkdtempSync(join(tmpdir(), 'sluice-redis-'))
    servers.add(this)
    const [file = program, ...before] = guarded(program)
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    const child = spawn(file, [...before, ...(config ? [config] : []), ...own, '--appendonly', 'no', ...args], {
      stdio: 'ignore',
      env: { ...process.env, ...env },
      detached,
    })
    this.#child = child
    if (child.pid !== undefined) this.pids.push(child.pid)
    /** @type {Error | undefined} */
    let failure
    child.on('error', (error) => {
      failure = error
    })
    for (const until = performance.now() + PATIENCE; !(await accepts(this.port)); ) {
      const ended = failure?.message ?? (this.lives ? undefined : `it ended with ${child.signalCode ?? child.exitCode}`)
      if (ended !== undefined || performance.now() > until) {
        await this.kill()
        const why = ended ?? `it did not listen within ${PATIENCE / 1000} s`
        throw new Error(`Cannot start ${program} on port ${this.port}: ${why}`, { cause: failure })
      }
      await sleep(10, undefined, { signal })
    }
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    if (this.lives) this.#child?.kill(signal)
  }

  /** Kills it without a farewell, as a power cut would. */
  async kill() {
    if (!this.#child || !this.lives) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  /** Kills it, and removes what it left. */
  async stop() {
    await this.kill()
    this.end()
  }

  /** The same at once, without waiting until it is gone. */
  end() {
    this.signal('SIGKILL')
    servers.delete(this)
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = undefined
  }
}

export async function freePort() {
  const [port = 0] = await freePorts(1)
  return port
}

/** Ports that nobody listens on, all different. @param {number} count */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => /** @type {AddressInfo} */ (server.address()).port)
  const closed = servers.map((server) => once(server, 'close'))
  for (const server of servers) server.close()
  await Promise.all(closed)
  return ports
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
