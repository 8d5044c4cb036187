import { Budget } from '../../redis/index.ts'
import { counted } from '../counted.ts'
import { writeOut } from '../output.ts'
import { printable } from '../tell.ts'
import type { BudgetTarget } from './budget-options.ts'
import { limitText } from './standing.ts'
import { unknownBudget, withRedis } from './with-redis.ts'

/** Runs `sluice budget pause`. @returns The exit code. */
export function runPause(target: BudgetTarget): Promise<number> {
  return withRedis(target, 'pause', async ({ client, call }) => {
    const budget = new Budget(client, target.name)
    const before = await call((options) => budget.state(options))
    if (!before) throw unknownBudget('pause', target.url)
    await call((options) => budget.pause(options))
    const count = before.members.length
    const whom = count === 0 ? '' : `; nothing passes in ${counted(count, 'member')}`
    await writeOut(`${printable(target.name)}: paused${before.paused ? ', as it was before' : whom}\n`)
  })
}

/** Runs `sluice budget resume`. @returns The exit code. */
export function runResume(target: BudgetTarget): Promise<number> {
  return withRedis(target, 'resume', async ({ client, call }) => {
    const budget = new Budget(client, target.name)
    const before = await call((options) => budget.state(options))
    if (!before) throw unknownBudget('resume', target.url)
    await call((options) => budget.resume(options))
    const how = before.paused ? `goes on, ${limitText(before.limit)}` : 'was not paused'
    await writeOut(`${printable(target.name)}: ${how}\n`)
  })
}
