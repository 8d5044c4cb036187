import { setTimeout as sleep } from 'node:timers/promises'
import { Budget } from '../../dist/redis/index.js'
import { Complaint } from './complaint.js'
import { fairShares } from './figures.js'
import { Member } from './member.js'
import { Tap } from './tap.js'
import { Vigil } from './vigil.js'

/** What the budget is called in Redis. */
export const BUDGET = 'uplink'

/** How long a process may take to start, in ms: a busy machine is slow. */
const PATIENCE = 60_000

/** How long they may take to end, in ms. */
const LAST_WORDS = 10_000

/** Redis, the processes, and the tap that all they write goes through. */
export class Stage {
  /** All times are counted from here. */
  origin = performance.now()
  /** What all processes together wrote. */
  total = new Tap(this.origin)
  vigil = new Vigil()
  /** In the order in which they came; those who are gone, too. @type {Member[]} */
  members = []
  /** Which limit holds from when on. @type {{ at: number, limit: number }[]} */
  limits = []
  redis
  signal
  #fail

  /**
   * @param {import('./redis-server.js').RedisServer} redis
   * @param {number} limit Bytes per second, at first.
   * @param {AbortSignal} signal Ends all waiting.
   * @param {(error: Error) => void} fail Is told of what makes it pointless to go on.
   */
  constructor(redis, limit, signal, fail) {
    this.redis = redis
    this.signal = signal
    this.#fail = fail
    this.limits.push({ at: 0, limit })
  }

  /** Milliseconds since it began. */
  get now() {
    return performance.now() - this.origin
  }

  get limit() {
    return this.limits.at(-1)?.limit ?? 0
  }

  get living() {
    return this.members.filter(({ isDone }) => !isDone)
  }

  /** @param {string} name @returns {Member} */
  member(name) {
    const member = this.members.find((each) => each.name === name)
    if (!member) throw new Error(`Cannot find ${name}: nobody is called so`)
    return member
  }

  /** What is the part of each of those who live, by name, in bytes per second. @returns {Map<string, number>} */
  fair() {
    const living = this.living
    const shares = fairShares(
      this.limit,
      living.map(({ demand }) => demand),
    )
    return new Map(living.map(({ name }, i) => [name, shares[i] ?? 0]))
  }

  /** Starts processes, and waits until each has its first bytes. @param {readonly { name: string, demand?: number }[]} processes */
  async start(processes) {
    const url = `${this.redis.url}/${BUDGET}`
    const started = processes.map(
      ({ name, demand }) =>
        new Member(
          name,
          { url, limit: this.limit, demand, origin: this.origin, vigil: this.vigil },
          {
            passed: (bytes, now, since) => this.total.count(bytes, now, since),
            died: ({ ending, said }) =>
              this.#fail(new Complaint(`${name} ended with ${ending}: ${said.trim() || 'it said nothing'}`)),
          },
        ),
    )
    this.members.push(...started)
    for (const until = this.now + PATIENCE; started.some(({ tap }) => tap.firstAt === undefined); await this.pass(10)) {
      if (this.now > until)
        throw new Complaint(`Cannot start ${processes.length} processes within ${PATIENCE / 1000} s`)
    }
  }

  /** Sets the limit, from outside, for all. @param {number} limit Bytes per second. @returns {Promise<number>} When Redis knew. */
  async setLimit(limit) {
    await this.redis.ask((client) => new Budget(client, BUDGET).setLimit(limit))
    const at = this.now
    this.limits.push({ at, limit })
    return at
  }

  /** What Redis knows of the budget. */
  async budget() {
    return await this.redis.ask((client) => new Budget(client, BUDGET).state())
  }

  /** @param {number} ms */
  async pass(ms) {
    try {
      await sleep(ms, undefined, { signal: this.signal })
    } catch (error) {
      throw this.signal.aborted ? this.signal.reason : error
    }
  }

  /** Asks all processes to end, and waits until they have. @returns {Promise<(number | string)[]>} Their exit codes or signals. */
  async endAll() {
    const living = this.living
    for (const member of living) member.kill('SIGTERM')
    const until = this.now + LAST_WORDS
    while (living.some(({ ending }) => ending === undefined) && this.now < until) await this.pass(10)
    return living.map(({ ending }) => ending ?? 'still running')
  }

  /** Kills everything that runs, by its pid. */
  kill() {
    for (const member of this.members) member.kill('SIGKILL')
    this.redis.end()
  }

  /** The same, and waits until it is gone. */
  async clear() {
    await Promise.all([...this.members.map((member) => member.end('SIGKILL')), this.redis.stop()])
  }
}
