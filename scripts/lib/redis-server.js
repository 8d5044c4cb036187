// A Redis or Valkey of its own, for the demo, the tests and the bench. The types are beside it.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ADVICE = `install it, for example
  Debian, Ubuntu   apt-get install redis-server      (or valkey-server)
  Fedora           dnf install valkey
  Alpine           apk add redis                     (or valkey)
  macOS            brew install redis                (or valkey)
or name the program in the environment: REDIS_SERVER=/path/to/redis-server`

/** How long a server may take to start, in ms. */
const PATIENCE = 10_000

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

/** No server outlives the process that started it. */
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
function guarded(program) {
  if (!guard) {
    const words = ['setpriv', '--pdeathsig', 'KILL', '--']
    const { status } = process.platform === 'linux' ? spawnSync(words[0], [...words.slice(1), 'true']) : { status: 1 }
    guard = status === 0 ? words : []
  }
  return [...guard, program]
}

export class RedisServer {
  port
  pids = []
  #options
  #folder
  #child

  constructor(options = {}) {
    this.port = options.port ?? 0
    this.#options = options
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`
  }

  get lives() {
    const child = this.#child
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null
  }

  async start(signal) {
    const { program = findRedis().program, config, args = [], env, detached = false } = this.#options
    if (this.port === 0) this.port = await freePort()
    this.#folder ??= mkdtempSync(join(tmpdir(), 'sluice-redis-'))
    servers.add(this)
    const [file, ...before] = guarded(program)
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    const child = spawn(file, [...before, ...(config ? [config] : []), ...own, '--appendonly', 'no', ...args], {
      stdio: 'ignore',
      env: { ...process.env, ...env },
      detached,
    })
    this.#child = child
    if (child.pid !== undefined) this.pids.push(child.pid)
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

  signal(signal) {
    if (this.lives) this.#child.kill(signal)
  }

  async kill() {
    if (!this.lives) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  async stop() {
    await this.kill()
    this.end()
  }

  end() {
    this.signal('SIGKILL')
    servers.delete(this)
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = undefined
  }
}

export async function freePort() {
  const [port] = await freePorts(1)
  return port
}

export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => server.address().port)
  const closed = servers.map((server) => once(server, 'close'))
  for (const server of servers) server.close()
  await Promise.all(closed)
  return ports
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
