import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sleep } from '../../lib/sleep.js'
import { KiB } from '../../lib/units.js'
import { readTaps, since } from './tap.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @import { MemberJob, MemberReport, MemberSpec } from '../types.d.ts' */

const PROGRAM = fileURLToPath(new URL('../member.js', import.meta.url))

/** A process that takes longer to begin, or to tell of itself, has hung, in ms. */
const TIMEOUT = 60_000

/** Processes that share one limit, each with a tap. */
export class Crew {
  #contender
  #limit
  #url
  #members
  #epoch = Number(process.hrtime.bigint()) / 1e6
  #folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sluice-bench-fleet-'))
  /** @type {{ child: ChildProcess, tap: string }[]} */
  #all = []

  /**
   * @param {object} options
   * @param {string} options.contender
   * @param {number} options.limit Bytes per second.
   * @param {string} options.url
   * @param {number} options.members How many there will be at most.
   */
  constructor({ contender, limit, url, members }) {
    this.#contender = contender
    this.#limit = limit
    this.#url = url
    this.#members = members
    process.on('exit', () => {
      for (const { child } of this.#all) child.kill('SIGKILL')
      rmSync(this.#folder, { recursive: true, force: true })
    })
  }

  /** Milliseconds since it came into being, as in its traces. */
  get now() {
    return since(this.#epoch)
  }

  /** @param {MemberSpec} [spec] @returns {Promise<number>} When it has a place, in ms. */
  async add(spec = {}) {
    const number = this.#all.length
    const tap = join(this.#folder, String(number))
    /** @type {MemberJob} */
    const job = {
      ...{ chunk: 16 * KiB, streams: 1, seats: 1, url: this.#url, demand: undefined, ...spec },
      ...{ contender: this.#contender, limit: this.#limit, members: this.#members, tap, epoch: this.#epoch },
      member: `member-${number}`,
    }
    const child = fork(PROGRAM, [JSON.stringify(job)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#all.push({ child, tap })
    return Number(await answer(child))
  }

  /** @param {readonly MemberSpec[]} specs */
  async addAll(specs) {
    await Promise.all(specs.map((spec) => this.add(spec)))
  }

  /** @param {number} number @param {NodeJS.Signals} signal */
  signal(number, signal) {
    this.#all[number]?.child.kill(signal)
  }

  /** What these have let pass, as one; all of them, if none is named. @param {readonly number[]} [numbers] */
  trace(numbers) {
    return readTaps(this.#all.filter((_, i) => numbers?.includes(i) ?? true).map(({ tap }) => tap))
  }

  /** Of those that still run. @returns {Promise<MemberReport[]>} */
  async reports() {
    return await Promise.all(
      this.#all
        .filter(({ child }) => child.connected && child.signalCode === null)
        .map(async ({ child }) => {
          child.send('report')
          return /** @type {MemberReport} */ (await answer(child))
        }),
    )
  }

  async stop() {
    await Promise.all(
      this.#all.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const exit = once(child, 'exit')
        child.kill('SIGKILL')
        await exit
      }),
    )
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** @param {ChildProcess} child @returns {Promise<unknown>} Its next message. */
async function answer(child) {
  const done = new AbortController()
  const { signal } = done
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message),
      once(child, 'exit', { signal }).then(([code, by]) => {
        throw new Error(`a process died: ${by ?? `exit code ${code}`}`)
      }),
      sleep(TIMEOUT, undefined, { signal }).then(() => {
        throw new Error(`a process is silent for ${TIMEOUT / 1000} s`)
      }),
    ])
  } finally {
    done.abort()
  }
}
