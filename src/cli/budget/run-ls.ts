import { Budget, OutageError } from '../../redis/index.ts'
import { Failure } from '../failure.ts'
import { writeOut } from '../output.ts'
import { jsonText, tell } from '../tell.ts'
import { listedJson } from './budget-json.ts'
import type { RedisTarget } from './budget-options.ts'
import { budgetTable } from './budget-table.ts'
import { lookTwice } from './look-twice.ts'
import { styleOf } from './style.ts'
import { type RedisSession, withRedis } from './with-redis.ts'

/** Milliseconds that it may take to go through all keys of a Redis. */
const LONG = 120_000

/** Runs `sluice budget ls`. @returns The exit code. */
export function runLs(target: RedisTarget, json: boolean): Promise<number> {
  return withRedis(target, 'list the budgets of', async (session) => {
    const names = await namesOf(session, target)
    const all = await lookTwice(session, names)
    // One that has just expired is none.
    const budgets = names.flatMap((name, i) => {
      const found = all[i]
      return found ? [{ name, found }] : []
    })
    if (json) return await writeOut(budgets.map((each) => `${jsonText(listedJson(each))}\n`).join(''))
    if (budgets.length === 0) return tell(`there are no budgets at ${target.url.shown}`)
    await writeOut(`${budgetTable(budgets, styleOf(process.stdout)).join('\n')}\n`)
  })
}

async function namesOf({ client, call }: RedisSession, { url }: RedisTarget): Promise<string[]> {
  try {
    return await call((options) => Budget.list(client, options), LONG)
  } catch (error) {
    if (!(error instanceof OutageError) || !error.state.startsWith('NOPERM')) throw error
    const advice = "give it +scan, or see a budget that you know of with 'sluice budget show'"
    throw new Failure('ERR_REDIS', `Cannot list the budgets of ${url.shown}: the user may not scan keys; ${advice}`)
  }
}
