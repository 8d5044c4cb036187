import type { Session } from './session.ts'

/** A server that answers none during a transfer has no more than so many to answer after it. */
const MOST_UNANSWERED = 100

/**
 * Sends NOOP whenever a control connection has been quiet for as long as the option says, also during a transfer. Its reply is told from
 * that to the transfer by its code.
 *
 * @returns A function that ends it.
 */
export function keepAlive(session: Session): () => void {
  const { keepAlive: interval, clock } = session.settings
  if (interval === undefined) return () => {}
  const { control } = session
  let cancel = () => {}
  const sleep = (from: number) => {
    cancel = clock.sleepUntil(from + interval, look, interval / 10)
  }
  const look = () => {
    if (control.failure) return
    const now = clock.now()
    const isQuiet = now >= control.lastUsed + interval
    if (isQuiet && control.unanswered < MOST_UNANSWERED) control.send('NOOP').abandon()
    sleep(isQuiet ? now : control.lastUsed)
  }
  sleep(control.lastUsed)
  return () => cancel()
}
