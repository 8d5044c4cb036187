import type { Flow } from '../../throttle/flow.ts'
import { ioFailure } from '../failure.ts'
import type { Source } from './ends.ts'
import type { StallWatch } from './stall-watch.ts'

export interface CopyOptions {
  readonly source: Source
  /** Settles once the sink has taken the bytes. */
  readonly send: (bytes: Buffer) => Promise<void>
  /** Bytes in the next `send` at most; Infinity for what is granted at once. */
  readonly largestSend: () => number
  readonly flow: Flow
  readonly watch: StallWatch
  readonly signal: AbortSignal
}

/**
 * Moves all bytes of the source, one piece at a time: nothing is read ahead but what the source itself buffers, and a piece is
 * asked of the throttle only once the piece before has gone.
 */
export async function copy({ source, send, largestSend, flow, watch, signal }: CopyOptions): Promise<void> {
  for await (const chunk of chunksOf(source, watch)) {
    for (let sent = 0; sent < chunk.length; ) {
      const most = largestSend()
      const bytes = await draw(flow, Math.min(chunk.length - sent, most), most, signal)
      await send(chunk.subarray(sent, sent + bytes))
      sent += bytes
    }
  }
}

async function* chunksOf({ stream, name }: Source, watch: StallWatch): AsyncGenerator<Buffer> {
  watch.waitFor('read')
  try {
    for await (const chunk of stream) {
      watch.rest()
      yield chunk as Buffer
      watch.waitFor('read')
    }
  } catch (error) {
    throw ioFailure('read', name, error)
  } finally {
    watch.rest()
  }
}

/** Without a set size of sends, what is granted goes at once; with one, it is collected until it makes a whole send. */
async function draw(flow: Flow, wanted: number, largestSend: number, signal: AbortSignal): Promise<number> {
  let drawn = 0
  do {
    drawn += flow.tryAcquire(wanted - drawn) || (await flow.acquire(wanted - drawn, { signal }))
  } while (drawn < wanted && largestSend < Infinity)
  return drawn
}
