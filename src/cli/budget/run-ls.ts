import { Budget, BudgetError } from '../../redis/index.ts'
import { writeOut } from '../output.ts'
import { tell } from '../tell.ts'
import { listedJson } from './budget-json.ts'
import type { RedisTarget } from './budget-options.ts'
import { budgetTable, type Listed } from './budget-table.ts'
import { styleOf } from './style.ts'
import { type Session, withRedis } from './with-redis.ts'

/** Budgets that are asked for at a time. */
const AT_A_TIME = 32

/** Runs `sluice budget ls`. @returns The exit code. */
export function runLs(target: RedisTarget, json: boolean): Promise<number> {
  return withRedis(target, 'list the budgets of', async (session) => {
    const names = await session.call((options) => Budget.list(session.client, options))
    const budgets: Listed[] = []
    for (let i = 0; i < names.length; i += AT_A_TIME) {
      const some = await Promise.all(names.slice(i, i + AT_A_TIME).map((name) => find(session, name)))
      // One that has just expired is none.
      budgets.push(...some.filter((each) => each !== undefined))
    }
    if (json) return await writeOut(budgets.map((each) => `${JSON.stringify(listedJson(each))}\n`).join(''))
    if (budgets.length === 0) return tell(`there are no budgets at ${target.url.shown}`)
    await writeOut(`${budgetTable(budgets, styleOf(process.stdout)).join('\n')}\n`)
  })
}

async function find({ client, call }: Session, name: string): Promise<Listed | undefined> {
  try {
    const found = await call((options) => new Budget(client, name).state(options))
    return found && { name, found }
  } catch (error) {
    // What is foreign under one name is no reason to hide the others.
    if (error instanceof BudgetError) return { name, found: error }
    throw error
  }
}
