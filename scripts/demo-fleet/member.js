import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { formatRate } from '../../dist/index.js'
import { Tap } from './tap.js'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Never ends, and costs nothing. */
export const SOURCE = '/dev/zero'

/** Characters of what a process says that are kept, in case it fails. */
const MOST_SAID = 4000

/** A real process, `sluice pipe`, that shares the budget and writes into a tap. */
export class Member {
  name
  /** What it wants, in bytes per second; Infinity for all there is. */
  demand
  /** What came of it. */
  tap
  /** When it was started and when it ended, in ms from the origin. @type {number} */
  startedAt
  /** @type {number | undefined} */
  endedAt
  /** How it ended: an exit code or a signal. @type {number | NodeJS.Signals | undefined} */
  ending
  /** Whether the demo means to end it. */
  isDone = false
  said = ''
  #child
  #ended

  /**
   * @param {string} name
   * @param {{ url: string, limit: number, demand?: number | undefined, origin: number, vigil: import('./vigil.js').Vigil }} options
   * @param {{ passed: (bytes: number, now: number, since: number) => void, died: (member: Member) => void }} tell
   */
  constructor(name, { url, limit, demand = Infinity, origin, vigil }, { passed, died }) {
    this.name = name
    this.demand = demand
    this.tap = new Tap(origin)
    this.startedAt = performance.now() - origin
    const own = demand < Infinity ? ['--limit', formatRate(demand, { exact: true })] : []
    const share = ['--share', url, '--share-limit', formatRate(limit, { exact: true }), '--share-member', name]
    this.#child = spawn(process.execPath, [MAIN, 'pipe', SOURCE, ...share, ...own], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // Ctrl-C is for the demo, which ends all others
    })
    this.#child.stdout.on('data', (chunk) => {
      const now = performance.now()
      const since = vigil.since(now)
      this.tap.count(chunk.length, now, since)
      passed(chunk.length, now, since)
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.said = (this.said + text).slice(-MOST_SAID)
    })
    this.#ended = once(this.#child, 'close').then(
      ([code, signal]) => signal ?? code,
      (error) => error.code,
    )
    this.#ended.then((ending) => {
      this.ending = ending
      this.endedAt = performance.now() - origin
      if (!this.isDone) died(this)
    })
  }

  get pid() {
    return this.#child.pid
  }

  get isAlive() {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Sends a signal that ends it, and waits until it has. @param {NodeJS.Signals} signal */
  async end(signal) {
    this.kill(signal)
    await this.#ended
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    this.isDone = true
    if (this.isAlive) this.#child.kill(signal)
  }
}
