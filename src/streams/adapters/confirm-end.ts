import { Socket } from 'node:net'
import type { Readable } from 'node:stream'

const NOTHING = Buffer.alloc(0)

/**
 * Calls `ended` when a stream that has told its end has really ended. libuv before Node 24 tells a reset that comes together with bytes
 * as an end. To send nothing fails then, and the socket has its error; that takes no packet and no waiting.
 */
export function confirmEnd(stream: Readable, ended: () => void): void {
  // Behind bytes that are still to be sent it would have to wait for the other side.
  const canTell = stream instanceof Socket && stream.writable && stream.writableLength === 0
  if (!canTell) {
    ended()
    return
  }
  stream.write(NOTHING, (error) => {
    if (!error) ended()
  })
}
