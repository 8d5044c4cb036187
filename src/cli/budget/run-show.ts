import { BudgetError } from '../../redis/index.ts'
import { writeOut } from '../output.ts'
import { jsonText } from '../tell.ts'
import { stateJson } from './budget-json.ts'
import type { BudgetTarget } from './budget-options.ts'
import { lookTwice } from './look-twice.ts'
import { inWords, memberTable } from './member-table.ts'
import { styleOf } from './style.ts'
import { unknownBudget, withRedis } from './with-redis.ts'

/** Runs `sluice budget show`. @returns The exit code. */
export function runShow(target: BudgetTarget, json: boolean): Promise<number> {
  return withRedis(target, 'show', async (session) => {
    const [state] = await lookTwice(session, [target.name])
    if (state instanceof BudgetError) throw state
    if (!state) throw unknownBudget('show', target.url)
    if (json) return await writeOut(`${jsonText(stateJson(target.name, state))}\n`)
    const words = inWords(target.name, state)
    const table = state.members.length > 0 ? ['', ...memberTable(state, styleOf(process.stdout))] : []
    await writeOut(`${[...words, ...table].join('\n')}\n`)
  })
}
