import { Budget, type BudgetState } from '../../redis/index.ts'
import { Failure } from '../failure.ts'
import { writeOut } from '../output.ts'
import { printable } from '../tell.ts'
import type { BudgetTarget, Changes } from './budget-options.ts'
import { limitText, weightText } from './standing.ts'
import { type RedisSession, unknownBudget, withRedis } from './with-redis.ts'

/** Runs `sluice budget set`: says what was and what is. @returns The exit code. */
export function runSet(target: BudgetTarget, changes: Changes): Promise<number> {
  return withRedis(target, 'set', async (session) => {
    const budget = new Budget(session.client, target.name)
    const before = await session.call((options) => budget.state(options))
    // What can't be done should not be half done.
    const weight = changes.weight && weightOf(target, before, changes.weight)
    const said: string[] = []
    if (changes.limit !== undefined) said.push(await setLimit(session, budget, before, changes.limit))
    if (weight) {
      await session.call((options) => budget.setWeight(weight.member, weight.now, options))
      const { member, now, was } = weight
      said.push(`${printable(member)}: weight ${weightText(now)}, was ${weightText(was)}`)
    }
    await writeOut(said.map((line) => `${line}\n`).join(''))
  })
}

async function setLimit(
  { call }: RedisSession,
  budget: Budget,
  before: BudgetState | undefined,
  limit: number | null,
): Promise<string> {
  await call((options) => budget.setLimit(limit, options))
  const name = printable(budget.name)
  return before
    ? `${name}: ${limitText(limit)}, was ${limitText(before.limit)}`
    : `${name}: ${limitText(limit)}, a new budget`
}

function weightOf(
  { url, name }: BudgetTarget,
  before: BudgetState | undefined,
  { member, weight }: NonNullable<Changes['weight']>,
): { readonly member: string; readonly now: number; readonly was: number } {
  if (!before) throw unknownBudget('set a weight in', url)
  const found = before.members.find((each) => each.name === member)
  if (found) return { member, now: weight, was: found.weight }
  const advice = `see who does with 'sluice budget show ${url.shown}'`
  throw new Failure(
    'ERR_SLUICE_BUDGET',
    `Cannot set the weight of ${JSON.stringify(member)}: it does not share the budget ${JSON.stringify(name)}; ${advice}`,
  )
}
