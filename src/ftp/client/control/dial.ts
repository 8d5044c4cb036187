import { type OnReadOpts, Socket } from 'node:net'
import { type ConnectOptions, connectSocket } from '../../../streams/io/connect-socket.ts'
import { Lane } from '../../../streams/io/lane.ts'
import { opened } from '../../../streams/io/opened.ts'
import type { ClientSettings } from '../client-options.ts'
import { nameTimeout } from './name-timeout.ts'

/**
 * The socket of a new control connection, in the clear. The caller takes care of its errors.
 *
 * @param onread Where what comes goes, unless the user has made the socket.
 */
export async function dial(
  settings: ClientSettings,
  signal: AbortSignal | undefined,
  onread: OnReadOpts,
): Promise<Socket> {
  try {
    return await dialled(settings, signal, onread)
  } catch (error) {
    throw nameTimeout(error, settings.host)
  }
}

async function dialled(settings: ClientSettings, signal: AbortSignal | undefined, onread: OnReadOpts): Promise<Socket> {
  const { host, port, family, localAddress, connect, clock, timeouts } = settings
  if (connect === undefined) {
    const target: ConnectOptions = {
      host,
      port,
      family,
      localAddress,
      connectTimeout: timeouts.connect ?? null,
      signal,
      clock,
    }
    return await connectSocket(target, (socket) => socket, onread)
  }
  const lane = new Lane(clock)
  return await lane.run('connect', signal, async () => {
    let socket: Socket | undefined
    await lane.patiently({ phase: 'connect', timeout: timeouts.connect }, async (end) => {
      socket = await handedOver(connect({ host, port, purpose: 'control', signal: end }), end)
    })
    return socket as Socket
  })
}

/** What a `connect` of the user's gives, unless `signal` aborts before: then what it gives later is destroyed. */
export async function handedOver(connecting: Promise<Socket>, signal: AbortSignal): Promise<Socket> {
  let isLate = false
  const late = new Promise<never>((_resolve, reject) => {
    const abort = () => {
      isLate = true
      reject(signal.reason)
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  const checked = Promise.resolve(connecting).then(async (socket) => {
    if (!(socket instanceof Socket)) throw new TypeError("Cannot connect: 'connect' must give a connected net.Socket")
    if (isLate) socket.destroy()
    else if (socket.connecting) {
      const ignore = () => {}
      socket.on('error', ignore) // `opened` stops listening when it gives up
      try {
        await opened(socket, 'connect', 'connect', signal)
      } catch (error) {
        socket.destroy()
        throw error
      }
      socket.off('error', ignore)
    }
    return socket
  })
  return await Promise.race([checked, late])
}
