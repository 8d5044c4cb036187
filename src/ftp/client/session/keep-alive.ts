import type { Session } from './session.ts'

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
  const sleep = () => {
    cancel = clock.sleepUntil(control.lastUsed + interval, look, interval / 10)
  }
  const look = () => {
    if (control.failure) return
    if (clock.now() >= control.lastUsed + interval) control.send('NOOP').abandon()
    sleep()
  }
  sleep()
  return () => cancel()
}
