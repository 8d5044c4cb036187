import { systemClock } from '../../clock.ts'
import { Budget, type WaitOptions } from '../../redis/index.ts'
import type { BudgetTarget } from './budget-options.ts'
import { Lookout } from './lookout.ts'
import { showView } from './show-view.ts'
import { withRedis } from './with-redis.ts'

export interface WatchOptions extends BudgetTarget {
  /** Milliseconds between two looks. */
  readonly interval: number
  readonly json: boolean
}

/** Runs `sluice budget watch`, until it is interrupted. @returns The exit code. */
export function runWatch(options: WatchOptions): Promise<number> {
  const { name, interval, json } = options
  return withRedis(options, 'watch', async (session) => {
    const { signal, renew, reasonOf } = session
    const look = (options: WaitOptions) => new Budget(session.client, name).state(options)
    const lookout = new Lookout({ clock: systemClock, name, interval, look, renew, reasonOf })
    // Whoever reads may go before the user does.
    const gone = new AbortController()
    const display = showView(process.stdout, json, (error) => gone.abort(error))
    try {
      await lookout.run(display.show, AbortSignal.any([signal, gone.signal]))
    } finally {
      display.close()
    }
  })
}
