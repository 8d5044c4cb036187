import { connect, type OnReadOpts, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { checkHost } from '../../check-options.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { Lane } from './lane.ts'
import { opened } from './opened.ts'
import { secureSocket } from './secure-socket.ts'
import { checkTimeout } from './stream-options.ts'

/** Where to connect to, and how. */
export interface ConnectOptions {
  /**
   * Name or address.
   *
   * @default "localhost"
   */
  readonly host?: string | undefined
  /** From 1 to 65535. Either this or `path` is needed. */
  readonly port?: number | undefined
  /** A Unix socket or a named pipe, instead of host and port. */
  readonly path?: string | undefined
  /**
   * True for TLS from the start, or the options of `tls.connect` for it. The certificate must be for `servername`, by default
   * `host`.
   *
   * @default false
   */
  readonly tls?: boolean | ConnectionOptions | undefined
  /**
   * How long the connection may take, in ms, > 0, the look-up of the name included; null is forever.
   *
   * @default null
   */
  readonly connectTimeout?: number | null | undefined
  /**
   * How long the TLS handshake may take after that, in ms, > 0; null is forever.
   *
   * @default connectTimeout
   */
  readonly handshakeTimeout?: number | null | undefined
  /** The address to connect from. */
  readonly localAddress?: string | undefined
  /**
   * 4 or 6 for that version of IP only.
   *
   * @default 0, any
   */
  readonly family?: 0 | 4 | 6 | undefined
  /**
   * False lets the system hold small writes back to join them (Nagle's algorithm).
   *
   * @default true
   */
  readonly noDelay?: boolean | undefined
  /** Ends the attempt; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
}

/** @internal */
export const CONNECT_NAMES = {
  ...{ host: true, port: true, path: true, tls: true, connectTimeout: true, handshakeTimeout: true },
  ...{ localAddress: true, family: true, noDelay: true, signal: true, clock: true },
} as const

/** Takes what goes wrong between two listeners. The socket keeps it in `errored`, where the next one looks. */
const ignore = () => {}

/**
 * Connects a socket, with TLS if asked for, which stays half open when the other side ends (`allowHalfOpen`). An attempt that fails
 * leaves nothing behind.
 *
 * @param adopt Called with the connected socket; takes care of its errors from then on.
 * @param onread Where what comes goes, if it is not read from the socket.
 * @returns What `adopt` returned.
 * @throws {TimeoutError} If it takes too long, with phase 'connect' or 'tls'; the socket's error, or the signal's reason.
 * @throws {TypeError | RangeError} If an option is wrong.
 */
export async function connectSocket<T>(
  options: ConnectOptions,
  adopt: (socket: Socket) => T,
  onread?: OnReadOpts,
): Promise<T> {
  const { host = 'localhost', path, tls = false, signal, clock = systemClock } = options
  const connectTimeout = checkTimeout('connectTimeout', options.connectTimeout)
  const handshakeTimeout =
    options.handshakeTimeout === undefined ? connectTimeout : checkTimeout('handshakeTimeout', options.handshakeTimeout)
  checkTarget(options)
  const lane = new Lane(clock)
  return await lane.run('connect', signal, async () => {
    let socket = connect({ ...target(options, host), ...(onread && { onread }) })
    socket.on('error', ignore)
    try {
      await lane.patiently({ phase: 'connect', timeout: connectTimeout }, (end) =>
        opened(socket, 'connect', 'connect', end),
      )
      if (tls !== false) {
        const clear = socket
        socket = secureSocket(clear, tls === true ? {} : tls, path === undefined ? host : undefined)
        socket.on('error', ignore)
        clear.off('error', ignore) // TLS listens to it now
        await lane.patiently({ phase: 'tls', timeout: handshakeTimeout }, (end) =>
          opened(socket, 'secureConnect', 'finish the TLS handshake', end),
        )
      }
      const adopted = adopt(socket)
      socket.off('error', ignore)
      return adopted
    } catch (error) {
      socket.destroy()
      throw error
    }
  })
}

function checkTarget({ host, port, path }: ConnectOptions): void {
  if (path !== undefined) {
    if (host === undefined && port === undefined) return
    throw new TypeError(`Cannot connect: either 'path' or a host and port, not both: ${path}, ${host}:${port}`)
  }
  if (host !== undefined) checkHost('connect', host)
  if (port === undefined) throw new TypeError("Cannot connect: a 'port' or a 'path' is needed")
  if (typeof port !== 'number') throw new TypeError(`Cannot connect: 'port' must be a number, is ${String(port)}`)
  if (Number.isInteger(port) && port > 0 && port < 65536) return
  throw new RangeError(`Cannot connect: 'port' must be an integer from 1 to 65535, is ${port}`)
}

function target({ port = 0, path, localAddress, family, noDelay = true }: ConnectOptions, host: string) {
  const common = { allowHalfOpen: true, noDelay }
  if (path !== undefined) return { ...common, path }
  return { ...common, host, port, ...(localAddress === undefined ? {} : { localAddress }), family: family ?? 0 }
}
