import { Socket } from 'node:net'
import { checkOptions, optionNames } from '../check-options.ts'
import { checkSignal, errorOf, onAbort } from '../on-abort.ts'
import { Flow, type FlowStats } from '../throttle/flow.ts'
import {
  checkStreamThrottle,
  directionOf,
  type StreamLimits,
  streamThrottlesOf,
  watchChanges,
} from '../throttle/limits.ts'
import type { StreamThrottle } from '../throttle/stream-throttle.ts'
import { PacedReads } from './paced-reads.ts'
import { PacedWrites } from './paced-writes.ts'
import type { ThrottleStreamOptions } from './throttle-transform.ts'

/** The limits of a socket, which can be looked at and changed. */
export interface SocketThrottle {
  /** The throttles by name (`default` if it was given without one). Can be changed at any time; none at all does not limit. */
  readonly throttles: Record<string, StreamThrottle>
  /** What has passed in each direction, how long it has waited in ms, and which throttle holds it up now. */
  readonly stats: { readonly read: FlowStats; readonly write: FlowStats }
}

const OPTIONS = optionNames<ThrottleStreamOptions>({ signal: true, weight: true })

/** A socket that comes by twice, as from a keep-alive agent's 'socket' event, must not be charged twice. */
const throttled = new WeakSet<Socket>()

/**
 * Holds an existing socket to limits in both directions: everybody who reads from it or writes to it goes on as before, a server or
 * an agent too. `read` is what the program receives, `write` what it sends. Backpressure reaches the other side.
 *
 * A rate holds for each direction of this socket; a throttle for the sum of both; a `StreamThrottle`, or several by name, for each
 * direction, and can be shared with other sockets. For TLS give it the `TLSSocket`: the socket below it moves bytes without its
 * streams. Bytes that the socket has received before are not held back.
 *
 * @throws {TypeError | RangeError} If `socket` or `limits` is none of what it can be, or the socket is throttled already.
 * @example server.on('connection', (socket) => throttleSocket(socket, '1MiB/s'))
 */
export function throttleSocket(
  socket: Socket,
  limits: StreamLimits,
  options: ThrottleStreamOptions = {},
): SocketThrottle {
  if (!(socket instanceof Socket)) {
    const given: unknown = socket
    const kind = typeof given === 'object' && given !== null ? `a ${given.constructor?.name}` : String(given)
    throw new TypeError(`Cannot throttle a socket: must be a net.Socket, is ${kind}; for other streams use throttle()`)
  }
  if (throttled.has(socket)) {
    throw new TypeError(
      'Cannot throttle a socket: it is throttled already; change the `throttles` that the first call returned',
    )
  }
  checkOptions('throttle a socket', options, OPTIONS)
  const { signal, weight } = options
  checkSignal(signal)
  const initial = streamThrottlesOf(limits)
  const read = new Flow(directionOf(initial, 'read'), { weight })
  const write = new Flow(directionOf(initial, 'write'), { weight })
  const throttles = watchChanges(initial, checkStreamThrottle, (throttles) => {
    read.update(directionOf(throttles, 'read'))
    write.update(directionOf(throttles, 'write'))
  })
  throttled.add(socket)
  const reads = new PacedReads(socket, read)
  const writes = new PacedWrites(socket, write)
  reads.install()
  writes.install()
  keepAwake(socket, () => reads.waiting || writes.waiting)
  const unlisten = onAbort(signal, (reason) => socket.destroy(errorOf(reason)))
  const end = () => {
    throttled.delete(socket)
    unlisten()
    read.close()
    write.close()
  }
  if (socket.closed) end()
  else socket.once('close', end)
  return {
    throttles,
    get stats() {
      return { read: read.stats, write: write.stats }
    },
  }
}

/** Keeps a socket's idle timer from running out while it is held up here: it looks at the handle only, which rests meanwhile. */
function keepAwake(socket: Socket, isHeldUp: () => boolean): void {
  const timed = socket as Socket & { _onTimeout: () => void }
  const timeOut = timed._onTimeout
  timed._onTimeout = () => {
    if (isHeldUp() && socket.timeout) socket.setTimeout(socket.timeout)
    else timeOut.call(socket)
  }
  // A timer that runs already has the old function.
  if (socket.timeout) socket.setTimeout(socket.timeout)
}
