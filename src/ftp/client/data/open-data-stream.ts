import { onAbort } from '../../../on-abort.ts'
import type { Connection } from '../connection.ts'
import { checkWhole } from '../transfer/retrieve.ts'
import { checkStored } from '../transfer/store.ts'
import { DataConnectionThrottleStreamIO } from './data-connection.ts'
import type { DataStreamOptions } from './data-stream-options.ts'
import { DataTransfer } from './data-transfer.ts'

/** Opens a stream, which has the connection until it is finished or closed. */
export function openDataStream(
  connection: Connection,
  request: Omit<DataStreamOptions, 'offset'> & {
    /** Where in the file to begin, in bytes. */
    readonly offset: number
    readonly direction: 'download' | 'upload'
    readonly verb: string
    readonly path: string
    /** Whether its user has to finish or close it. */
    readonly isLoose: boolean
  },
): Promise<DataConnectionThrottleStreamIO> {
  const { direction, verb, path, offset, throttles = {}, weight } = request
  const opening = new AbortController()
  const stopFollowing = onAbort(request.signal, (reason) => opening.abort(reason))
  // Stands for the stream until there is one: calls that are made meanwhile wait for it, too.
  const place = { command: `${verb} ${path}`, idle: 0, fail: (reason: unknown) => opening.abort(reason) }
  if (request.isLoose) connection.streams.add(place)
  return new Promise((resolve, reject) => {
    const held = connection.transfer(opening.signal, async (session, signal) => {
      const transfer = await DataTransfer.start(session, { verb, argument: path, offset, signal })
      const opened = new Promise<void>((released) => {
        const check = async (bytes: number, end: AbortSignal | undefined) => {
          const { announced } = transfer
          const actual = offset + bytes
          if (direction === 'download') await checkWhole(session, path, { actual, announced, offset }, end)
          // How many there are to be is known only if this is all of the file.
          else if (verb === 'STOR') await checkStored(session, path, actual, end, offset > 0)
        }
        const inherited = connection.throttles.named
        const stream = new DataConnectionThrottleStreamIO({
          transfer,
          direction,
          throttles: { ...inherited, ...throttles },
          weight,
          check,
          released: () => {
            forget()
            connection.streams.delete(stream)
            signal.removeEventListener('abort', abort)
            released()
          },
        })
        const forget = connection.throttles.follow((now, before) => {
          for (const name of Object.keys(before))
            if (!(name in throttles) && !(name in now)) delete stream.throttles[name]
          for (const [name, throttle] of Object.entries(now))
            if (!(name in throttles)) stream.throttles[name] = throttle
        })
        const abort = () => stream.fail(signal.reason)
        signal.addEventListener('abort', abort)
        if (signal.aborted) abort()
        connection.streams.delete(place)
        if (request.isLoose) connection.streams.add(stream)
        resolve(stream)
      })
      // If no stream can be made of it.
      await opened.finally(() => transfer.stop())
    })
    held.catch(reject).finally(() => {
      stopFollowing()
      connection.streams.delete(place)
    })
  })
}
