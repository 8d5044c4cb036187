import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { Complaint } from './complaint.js'

const ADVICE = `Install it, for example
  Debian, Ubuntu   apt-get install redis-server      (or valkey-server)
  Fedora           dnf install valkey
  Alpine           apk add redis                     (or valkey)
  macOS            brew install redis                (or valkey)
or name the program in the environment: REDIS_SERVER=/path/to/redis-server`

/** How long a server may take to start, in ms. */
const PATIENCE = 10_000

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ program: string, version: string }} Of Redis or Valkey.
 * @throws {Complaint} If there is none; it says how to get one.
 */
export function findRedis(env) {
  const programs = env.REDIS_SERVER ? [env.REDIS_SERVER] : ['redis-server', 'valkey-server']
  for (const program of programs) {
    const { error, status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
    if (error || status !== 0) continue
    const [, name = 'Redis', version = '?'] = /^(\w+).*\bv=(\S+)/.exec(stdout) ?? []
    return { program, version: `${name} ${version}` }
  }
  throw new Complaint(`Cannot find ${programs.join(' or ')}: this demo starts one of its own. ${ADVICE}`)
}

/** A server on a free port of the loopback, that writes nothing to disk. */
export class RedisServer {
  #program
  #child
  port = 0
  /** Of each time that it was started. @type {number[]} */
  pids = []

  /** @param {string} program */
  constructor(program) {
    this.#program = program
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`
  }

  get isUp() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts it, or starts it again: empty, on the port that it had. @param {AbortSignal} signal */
  async start(signal) {
    if (this.port === 0) this.port = await freePort()
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', tmpdir()]
    // In a group of its own, so that Ctrl-C does not reach it before the demo has told what happens.
    this.#child = spawn(this.#program, [...own, '--save', '', '--appendonly', 'no'], {
      stdio: 'ignore',
      detached: true,
    })
    if (this.#child.pid) this.pids.push(this.#child.pid)
    this.#child.on('error', () => {}) // seen below, as one that does not run
    for (
      const until = performance.now() + PATIENCE;
      !(await accepts(this.port));
      await sleep(10, undefined, { signal })
    ) {
      if (!this.isUp || performance.now() > until) {
        throw new Complaint(`Cannot start ${this.#program} on port ${this.port}: it ended, or did not listen`)
      }
    }
  }

  /** Kills it, as a power cut would. */
  async kill() {
    if (!this.isUp) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  /** The same at once, for when the demo itself ends. */
  end() {
    if (this.isUp) this.#child.kill('SIGKILL')
  }

  /**
   * Asks something over a connection that lasts only so long.
   *
   * @template T
   * @param {(client: ReturnType<typeof createClient>) => Promise<T>} question
   */
  async ask(question) {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } })
    client.on('error', () => {}) // what fails is told by the call
    await client.connect()
    try {
      return await question(client)
    } finally {
      client.destroy()
    }
  }

  /** How many scripts it has run since it started: each round of a process is one. */
  async scriptCalls() {
    const info = await this.ask((client) => client.sendCommand(['INFO', 'commandstats']))
    const calls = String(info).matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)
    return [...calls].reduce((sum, [, count]) => sum + Number(count), 0)
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

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
