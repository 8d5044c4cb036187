import { isIP } from 'node:net'
import { systemClock } from '../../clock.ts'
import type { RedisClient } from '../../redis/index.ts'
import { Failure } from '../failure.ts'
import { reasonIn, redisFailure } from './redis-failure.ts'
import { passwordFor } from './redis-password.ts'
import type { RedisUrl } from './redis-url.ts'
import { PATIENCE } from './silence.ts'
import { within } from './within.ts'

export interface ConnectOptions {
  /** For URLs without a password: the file whose first line it is. */
  readonly passwordFile?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until there must be an answer. @default 5000 */
  readonly timeout?: number | undefined
}

export interface RedisConnection {
  readonly client: RedisClient
  readonly isCluster: boolean
  /** What went wrong in a call, as a failure in one line, without the password. */
  readonly failureOf: (error: unknown) => Failure
  /** The reason alone. */
  readonly reasonOf: (error: unknown) => string
  /** Drops the connection, without waiting for anything. A second call does nothing. */
  close(): Promise<void>
}

/** Milliseconds between two attempts to connect again, at the beginning of an outage and later; each is a part of it by chance. */
const FIRST_RETRY = 100
const LAST_RETRY = 500
/** Milliseconds for a TCP connection and TLS, each. */
const CONNECT_TIMEOUT = 2000
/** Milliseconds between two pings. */
const PING = 2000
/** Milliseconds until, of a cluster, its nodes are asked which of them are masters now; the client's own is 5 s. */
const TOPOLOGY = 500
const A_YEAR = 365 * 86_400_000

/**
 * Connects to Redis or Valkey; where the URL names a node of a cluster, to the cluster. Once it is connected, the client connects again
 * by itself whenever that is lost, for ever.
 *
 * @throws {Failure} If it can't, in one line that says what to do. {@link AbortSignal.reason} if it is aborted.
 */
export async function connectRedis(url: RedisUrl, options: ConnectOptions): Promise<RedisConnection> {
  const { signal, timeout = PATIENCE } = options
  signal?.throwIfAborted()
  const password = await passwordFor(url, options)
  // Commands that use no Redis should not wait until it is loaded.
  const { createClient, createCluster } = await import('@redis/client')
  let isConnected = false
  const sockets = {
    connectTimeout: Math.min(timeout, CONNECT_TIMEOUT),
    // A host that has lost its power breaks no connection. Pings are sent one by one, so that without answers nothing moves.
    socketTimeout: PATIENCE,
    reconnectStrategy: (retries: number) =>
      isConnected ? Math.min(LAST_RETRY, FIRST_RETRY * 2 ** retries) * (0.5 + Math.random() / 2) : false,
  }
  const { host, port } = url
  const tls = url.tls ? { tls: true as const } : {}
  // A certificate can't be asked for by an address (RFC 6066 section 3).
  const first = { ...tls, ...(url.tls && isIP(host) === 0 ? { servername: host } : {}), host, port }
  const login = { ...(url.user !== undefined && { username: url.user }), ...(password !== undefined && { password }) }
  const common = { ...login, name: 'sluice', pingInterval: PING, maintNotifications: 'disabled' as const }
  const failureOf = (error: unknown) => redisFailure(error, { url, password, timeout })
  const reasonOf = (error: unknown) => reasonIn(failureOf(error))
  const clients: { destroy(): void }[] = []
  // What a client is just connecting can't be taken back: it must not keep the process from ending, so this does while it should.
  const release = systemClock.sleepUntil(systemClock.now() + A_YEAR, () => {}, A_YEAR)
  const close = async () => {
    isConnected = false
    release()
    for (const client of clients.splice(0)) destroy(client)
  }
  const connect = async (): Promise<RedisConnection> => {
    const client = createClient({ ...common, database: url.db, socket: { ...sockets, ...first } })
    client.on('error', () => {}) // what is wrong shows in each call
    clients.push(client)
    await client.connect()
    client.unref()
    const mode = modeOf(await client.sendCommand(['HELLO']))
    if (mode === 'sentinel') {
      throw new Failure(
        'ERR_REDIS',
        `Cannot use ${url.shown}: it is a Sentinel, no Redis; name the Redis that it watches`,
      )
    }
    if (mode !== 'cluster') return { client, isCluster: false, failureOf, reasonOf, close }
    if (url.db !== 0) {
      throw new Failure(
        'ERR_REDIS',
        `Cannot use ${url.shown}: it is of a cluster, which has no databases but 0; leave out ?db=`,
      )
    }
    const cluster = createCluster({
      rootNodes: [{ socket: { ...sockets, ...first } }],
      defaults: { ...common, socket: { ...sockets, ...tls } },
      topologyRefreshOnReconnectionAttemptStrategy: TOPOLOGY,
    })
    cluster.on('error', () => {})
    clients.push(cluster)
    await cluster.connect()
    clients.splice(clients.indexOf(client), 1)
    destroy(client)
    return { client: cluster, isCluster: true, failureOf, reasonOf, close }
  }
  try {
    const connection = await within(timeout, signal, connect)
    isConnected = true
    return connection
  } catch (error) {
    await close()
    if (signal?.aborted) throw signal.reason
    throw failureOf(error)
  }
}

/** The client throws if it was never connected. */
function destroy(client: { destroy(): void }): void {
  try {
    client.destroy()
  } catch {
    // There is nothing left to close.
  }
}

/** What kind of server it is: HELLO needs no right of its own, as INFO does. */
function modeOf(reply: unknown): string | undefined {
  if (Array.isArray(reply)) return String(reply[reply.indexOf('mode') + 1])
  const { mode } = Object(reply) as { readonly mode?: unknown }
  return mode === undefined ? undefined : String(mode)
}
