import { checkOptions, optionNames } from '../../check-options.ts'
import { CONNECT_NAMES, type ConnectOptions, connectSocket } from './connect-socket.ts'
import { StreamIO } from './stream-io.ts'
import { STREAM_NAMES, type StreamIOOptions, streamOptionsOf, streamSettings } from './stream-options.ts'

/** Where to connect to, and how the stream behaves. */
export interface OpenConnectionOptions extends ConnectOptions, StreamIOOptions {
  // The name or address to connect to is also whom `startTls` expects a certificate for.
  readonly host?: string | undefined
}

const OPTIONS = optionNames<OpenConnectionOptions>({ ...CONNECT_NAMES, ...STREAM_NAMES })

/**
 * Connects to a server by TCP, TLS or a Unix socket.
 *
 * ```ts
 * await using stream = await openConnection({ host: 'example.com', port: 80, connectTimeout: 5_000, timeout: 30_000 })
 * ```
 *
 * @throws {TimeoutError} If it takes too long, with phase 'connect' or 'tls'.
 * @throws {TypeError | RangeError} If an option is wrong, before anything happens.
 * @throws The error of the system, such as ECONNREFUSED; or the signal's reason. No socket is left behind.
 */
export async function openConnection(options: OpenConnectionOptions): Promise<StreamIO> {
  checkOptions('connect', options, OPTIONS)
  streamSettings(options)
  return await connectSocket(options, (socket) => new StreamIO(socket, streamOptionsOf(options)))
}
