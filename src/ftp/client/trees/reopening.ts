import type { Session } from '../session/session.ts'
import type { Carrier } from '../transfer/carrier.ts'

/**
 * The same carrier, whose lost connection is opened anew for those who had no part in the loss: whose turn had not come. Of the many files of a
 * tree one fails then, and not all that wait behind it.
 */
export function reopening(carrier: Carrier): Carrier {
  const transfer: Carrier['transfer'] = async (signal, work) => {
    let hasBegun = false
    const begin = (session: Session, end: AbortSignal) => {
      hasBegun = true
      return work(session, end)
    }
    try {
      return await carrier.transfer(signal, begin)
    } catch (error) {
      if (hasBegun || !carrier.isLost || signal?.aborted) throw error
      await carrier.reconnect(signal)
      return await carrier.transfer(signal, work)
    }
  }
  return {
    get settings() {
      return carrier.settings
    },
    get throttles() {
      return carrier.throttles
    },
    get session() {
      return carrier.session
    },
    get isClosed() {
      return carrier.isClosed
    },
    get isLost() {
      return carrier.isLost
    },
    get isEnded() {
      return carrier.isEnded
    },
    connections: carrier.connections ?? 1,
    transfer,
    abortable: (signal, work) => carrier.abortable(signal, work),
    reconnect: (signal) => carrier.reconnect(signal),
    takesOver: (error) => carrier.takesOver?.(error) ?? false,
  }
}
