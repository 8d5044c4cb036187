import { Relay } from '../../../scripts/lib/relay.js'
import { MiB } from '../../lib/units.js'
import { RedisServer } from './redis.js'

/** @import { MemberSpec } from '../types.d.ts' */
/** @import { Crew } from './crew.js' */

export const LIMIT = 20 * MiB
export const MEMBERS = 8

/**
 * What goes wrong, and what is needed for that.
 *
 * @typedef {object} Stage
 * @property {RedisServer} redis
 * @property {RedisServer | undefined} replica
 * @property {Relay | undefined} relay
 * @property {Crew} crew
 */
/**
 * @typedef {object} Fault
 * @property {string} title
 * @property {'all' | 'half'} [behind] Which processes find Redis through a relay.
 * @property {boolean} [replicated] Whether there is a replica.
 * @property {(stage: Stage) => unknown} begin
 * @property {number} [lasts] How long until it ends, in ms. Without it, it is over at once, or stays.
 * @property {(stage: Stage) => unknown} [end]
 * @property {number} after How long is looked at then, in ms.
 * @property {boolean} [oursOnly] Whether the rivals are spared, since it means nothing to them or for want of time.
 */

/** @type {Record<string, Fault>} */
export const FAULTS = {
  none: { title: 'nothing at all', begin: () => {}, after: 2500 },
  kill: {
    title: 'SIGKILL of a process',
    begin: ({ crew }) => crew.signal(0, 'SIGKILL'),
    after: 4000,
    oursOnly: true,
  },
  stop: {
    title: 'SIGSTOP of a process for 5 s',
    begin: ({ crew }) => crew.signal(0, 'SIGSTOP'),
    lasts: 5000,
    end: ({ crew }) => crew.signal(0, 'SIGCONT'),
    after: 3500,
    oursOnly: true,
  },
  restart: {
    title: 'SIGKILL of Redis, back after 2 s, empty',
    begin: ({ redis }) => redis.kill(),
    lasts: 2000,
    end: ({ redis }) => redis.start(),
    after: 3500,
  },
  failover: {
    title: 'SIGKILL of the master, its replica takes over after 1 s',
    behind: 'all',
    replicated: true,
    begin: ({ redis }) => redis.kill(),
    lasts: 1000,
    end: async ({ replica, relay }) => {
      await replica?.admin.replicaof('NO', 'ONE')
      if (replica && relay) relay.target = replica.port
    },
    after: 4000,
    oursOnly: true,
  },
  flushall: { title: 'FLUSHALL', begin: ({ redis }) => redis.admin.flushall(), after: 3500 },
  'script-flush': {
    title: 'SCRIPT FLUSH',
    begin: ({ redis }) => redis.admin.script('FLUSH'),
    after: 3000,
    oursOnly: true,
  },
  latency: {
    title: '200 ms of latency from now on',
    behind: 'all',
    begin: ({ relay }) => {
      if (relay) relay.delay = 100
    },
    after: 6000,
  },
  partition: {
    title: 'half of the processes cut off for 3 s',
    behind: 'half',
    begin: ({ relay }) => {
      if (relay) relay.cut = true
    },
    lasts: 3000,
    end: ({ relay }) => {
      if (relay) relay.cut = false
    },
    after: 3500,
  },
}

/**
 * What a fault needs besides Redis.
 *
 * @param {Fault} fault
 * @param {RedisServer} redis
 */
export async function prepare({ behind, replicated }, redis) {
  const replica = replicated ? await RedisServer.start('--replicaof', '127.0.0.1', String(redis.port)) : undefined
  const relay = behind ? await Relay.start(redis.port) : undefined
  /** @type {MemberSpec[]} */
  const specs = Array.from({ length: MEMBERS }, (_, i) =>
    relay && (behind === 'all' || i % 2 === 1) ? { url: relay.url } : {},
  )
  return { replica, relay, specs }
}
