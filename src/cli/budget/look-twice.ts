import { systemClock } from '../../clock.ts'
import { Budget, BudgetError, type BudgetState } from '../../redis/index.ts'
import { Rates } from './rates.ts'
import type { RedisSession } from './with-redis.ts'

/** Milliseconds between two looks: a few purchases of those who use much. */
const BETWEEN = 1000
/** Budgets that are asked for at a time. */
const AT_A_TIME = 32

/**
 * Looks at budgets, and where somebody shares one a second time, since that is how to tell rates.
 *
 * @returns For each: how it stands, undefined if there is none, or why that can't be told.
 */
export async function lookTwice(
  session: RedisSession,
  names: readonly string[],
): Promise<(BudgetState | BudgetError | undefined)[]> {
  const rates = names.map(() => new Rates())
  const look = async (name: string, i: number) => {
    const found = await find(session, name)
    return !found || found instanceof BudgetError ? found : rates[i]?.measure(found, systemClock.now())
  }
  const first = await inTurns(names, look)
  if (!first.some((found) => found && !(found instanceof BudgetError) && found.members.length > 0)) return first
  await session.sleep(BETWEEN)
  return await inTurns(names, look)
}

async function find({ client, call }: RedisSession, name: string): Promise<BudgetState | BudgetError | undefined> {
  try {
    return await call((options) => new Budget(client, name).state(options))
  } catch (error) {
    // What is foreign under one name is no reason to hide the others.
    if (error instanceof BudgetError) return error
    throw error
  }
}

async function inTurns<T>(names: readonly string[], act: (name: string, i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let i = 0; i < names.length; i += AT_A_TIME) {
    results.push(...(await Promise.all(names.slice(i, i + AT_A_TIME).map((name, j) => act(name, i + j)))))
  }
  return results
}
