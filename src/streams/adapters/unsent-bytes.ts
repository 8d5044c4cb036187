import type { Writable } from 'node:stream'
import type { WritableStream } from 'node:stream/web'

interface Handle {
  readonly writeQueueSize?: number
  readonly _parent?: Handle
}

/**
 * How many bytes lie in a stream and below it, as far as can be seen: if the number changes, bytes are going out. A socket
 * counts a write as done only when the kernel has all of it, which can take longer than any timeout; what is left of it stands
 * in the handle, for TLS in the one beneath. Node looks there too, for `socket.setTimeout`.
 */
export function unsentBytes(stream: Writable | WritableStream<Uint8Array>): number {
  const { writableLength = 0, _handle } = stream as {
    readonly writableLength?: number
    readonly _handle?: Handle | null
  }
  let unsent = writableLength
  for (let handle = _handle ?? undefined; handle; handle = handle._parent) unsent += handle.writeQueueSize ?? 0
  return unsent
}
