import { createHash } from 'node:crypto'
import { onAbort } from '../on-abort.ts'
import { listKeys } from './list-keys.ts'
import type { ScriptRunner } from './script-runner.ts'
import { scriptText } from './script-text.ts'

/** A client of ioredis: `Redis` (also through Sentinel) or `Cluster`. */
export interface IoredisClient {
  evalsha(...args: never): Promise<unknown>
  eval(...args: never): Promise<unknown>
}

/** A client of node-redis (`redis`, `@redis/client`): from `createClient`, `createCluster` or `createSentinel`. */
export interface NodeRedisClient {
  evalSha(...args: never): Promise<unknown>
  eval(...args: never): Promise<unknown>
}

/** A connected client, which stays the caller's: sluice neither connects nor closes it. */
export type RedisClient = IoredisClient | NodeRedisClient | ScriptRunner

type Call = (...args: unknown[]) => Promise<unknown>

/** What is used of either client. */
interface AnyClient extends Partial<ScriptRunner> {
  readonly evalsha?: Call
  readonly evalSha?: Call
  readonly eval?: Call
  readonly isCluster?: boolean
  duplicate?(): Subscriber
}

/** A connection that subscribes. */
interface Subscriber {
  on(event: 'error' | 'connect', listener: (error?: unknown) => void): unknown
  /** node-redis has the one, ioredis the other. */
  unref?(): void
  readonly stream?: { unref?(): unknown }
  connect?(): Promise<unknown>
  readonly status?: string
  subscribe(channel: string, listener?: () => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  disconnect?(): unknown
  destroy?(): unknown
}

const SHA1 = createHash('sha1').update(scriptText).digest('hex')

/** A runner, and what it knows of the connection. */
export interface WatchedRunner extends ScriptRunner {
  /** Why Redis can't be reached, as the last attempt to connect had it, if that is known: a client that gives up does not say so. */
  connectionError?(): Error | undefined
}

/** Why the second connection of a client could not be made the last time. The errors of the first one are the caller's. */
const failures = new WeakMap<AnyClient, Error>()

/**
 * @param watch Whether to listen, where the client can.
 * @throws {TypeError} If it is no client that can run scripts.
 */
export function runnerOf(client: RedisClient, watch: boolean): WatchedRunner {
  const any = client as AnyClient
  if (typeof any !== 'object' || any === null)
    throw new TypeError(`Cannot use as a Redis client: must be one of ioredis or node-redis, is ${typeof client}`)
  if (typeof any.runScript === 'function') {
    const own = client as ScriptRunner
    return {
      runScript: (keys, args) => own.runScript(keys, args),
      ...(watch && own.listen && { listen: own.listen.bind(own) }),
      ...(own.listKeys && { listKeys: own.listKeys.bind(own) }),
    }
  }
  const isNodeRedis = typeof any.evalSha === 'function'
  if (typeof any.eval !== 'function' || (!isNodeRedis && typeof any.evalsha !== 'function')) {
    throw new TypeError('Cannot use as a Redis client: must be one of ioredis or node-redis, or a ScriptRunner')
  }
  // The nodes of a cluster know only of their own subscribers, and a client of Sentinel is many connections.
  const single =
    typeof any.duplicate === 'function' && !any.isCluster && !('masters' in any) && !('getSentinelNode' in any)
  return {
    runScript: isNodeRedis ? nodeRedis(any) : ioredis(any),
    ...(watch && single && { listen: (channel, signal) => listenBy(any, channel, signal) }),
    listKeys: (pattern) => listKeys(any, pattern, isNodeRedis),
    connectionError: () => failures.get(any),
  }
}

function ioredis(client: AnyClient): ScriptRunner['runScript'] {
  return (keys, args) =>
    withFallback(
      () => client.evalsha?.(SHA1, keys.length, ...keys, ...args),
      () => client.eval?.(scriptText, keys.length, ...keys, ...args),
    )
}

function nodeRedis(client: AnyClient): ScriptRunner['runScript'] {
  return (keys, args) => {
    const options = { keys: [...keys], arguments: [...args] }
    return withFallback(
      () => client.evalSha?.(SHA1, options),
      () => client.eval?.(scriptText, options),
    )
  }
}

/** Redis forgets scripts when it is restarted, fails over, or is told so. */
async function withFallback(
  bySha: () => Promise<unknown> | undefined,
  byText: () => Promise<unknown> | undefined,
): Promise<readonly unknown[]> {
  let reply: unknown
  try {
    reply = await bySha()
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    reply = await byText()
  }
  if (!Array.isArray(reply)) throw new TypeError(`Cannot read the reply of Redis: ${JSON.stringify(reply)}`)
  return reply
}

/** The second connection of a client, for all budgets together. */
interface Listener {
  readonly subscriber: Subscriber
  readonly connected: Promise<unknown>
  uses: number
}
const listeners = new WeakMap<AnyClient, Listener>()

async function listenBy(client: AnyClient, channel: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const listener = listeners.get(client) ?? connect(client)
  const { subscriber } = listener
  listener.uses++
  const stop = () => {
    if (--listener.uses > 0) {
      // On a connection that is lost there is nothing left to end.
      subscriber.unsubscribe(channel).catch(() => {})
      return
    }
    listeners.delete(client)
    end(subscriber)
  }
  const unlisten = onAbort(signal, stop)
  try {
    await listener.connected
    // A client of node-redis that was destroyed while it connected is connected all the same.
    if (signal.aborted && listener.uses === 0) end(subscriber)
    signal.throwIfAborted()
    await subscriber.subscribe(channel, () => {})
    if (signal.aborted && listener.uses > 0) await subscriber.unsubscribe(channel)
  } catch (error) {
    unlisten()
    if (!signal.aborted) stop()
    throw error
  }
}

function end(subscriber: Subscriber): void {
  if (subscriber.destroy) subscriber.destroy()
  else subscriber.disconnect?.()
}

function connect(client: AnyClient): Listener {
  const subscriber = client.duplicate?.()
  if (!subscriber) throw new TypeError('Cannot listen: the client can not be duplicated')
  // It comes back by itself; what is wrong with Redis shows in the calls of the first connection, which may not say why.
  subscriber.on('error', (error) => {
    if (error instanceof Error) failures.set(client, error)
  })
  // It alone is no reason for the process to go on.
  subscriber.unref?.()
  subscriber.on('connect', () => {
    failures.delete(client)
    subscriber.stream?.unref?.()
  })
  // ioredis connects by itself, or if told to be lazy with the first command.
  const connected = subscriber.status === undefined ? (subscriber.connect?.() ?? Promise.resolve()) : Promise.resolve()
  const listener: Listener = { subscriber, connected, uses: 0 }
  listeners.set(client, listener)
  return listener
}
