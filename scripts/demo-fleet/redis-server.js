import { createClient } from '@redis/client'
import { findRedis as find, RedisServer as Server } from '../lib/redis-server.js'
import { Complaint } from './complaint.js'

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ program: string, version: string }} Of Redis or Valkey.
 * @throws {Complaint} If there is none; it says how to get one.
 */
export function findRedis(env) {
  try {
    return find(env)
  } catch (error) {
    throw new Complaint(/** @type {Error} */ (error).message)
  }
}

/** @param {string} url */
const clientOf = (url) => createClient({ url, socket: { reconnectStrategy: false } })

/** A server of the demo's own. */
export class RedisServer extends Server {
  /** @param {string} program */
  constructor(program) {
    // In a group of its own, so that Ctrl-C does not reach it before the demo has told what happens.
    super({ program, detached: true })
  }

  /** @override @param {AbortSignal} signal */
  async start(signal) {
    try {
      await super.start(signal)
    } catch (error) {
      throw signal.aborted ? error : new Complaint(/** @type {Error} */ (error).message)
    }
  }

  /**
   * Asks something over a connection that lasts only so long.
   *
   * @template T
   * @param {(client: ReturnType<typeof clientOf>) => Promise<T>} question
   */
  async ask(question) {
    const client = clientOf(this.url)
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
