import type { Session } from '../session/session.ts'
import type { Carrier } from './carrier.ts'
import { backOff, isTransient, pause, type RetrySettings } from './retry.ts'

/** How work is tried. */
export interface AttemptsOptions {
  readonly retry: RetrySettings
  readonly signal?: AbortSignal | undefined
  /** Whether a further attempt after this error would be in vain, such as that of a full disk. */
  readonly isFinal: (error: unknown) => boolean
}

/**
 * Does work in a turn of its own on a connection. If it fails by what may pass, it waits, opens a new connection if that is lost, and tries again, as often as the
 * options say. Between two attempts others have their turns.
 *
 * @param work Is given how many attempts have failed before.
 * @throws What the last attempt has thrown, or the signal's reason, or that of `connection.abort`.
 */
export async function attempts<T>(
  connection: Carrier,
  { retry, signal, isFinal }: AttemptsOptions,
  work: (session: Session, signal: AbortSignal, failed: number) => Promise<T>,
): Promise<T> {
  let counted = 0
  for (let failed = 0; ; failed++) {
    let ending: AbortSignal | undefined
    try {
      if (retry.attempts > 0 && connection.isLost) await connection.reconnect(signal)
      return await connection.transfer(signal, (session, end) => {
        ending = end
        return work(session, end, failed)
      })
    } catch (error) {
      const isOver = ending?.aborted || signal?.aborted || connection.isEnded
      if (isOver || isFinal(error) || !isTransient(error)) throw error
      if (connection.takesOver?.(error)) continue
      if (++counted > retry.attempts) throw error
      const { log } = connection.session
      const delay = backOff(retry, counted, Math.random())
      log.note(`attempt ${counted} has failed, the next one is in ${Math.round(delay)} ms: ${String(error)}`)
      await connection.abortable(signal, (end) => pause(connection.settings.clock, delay, end))
    }
  }
}
