/** What a budget is called in Redis: one hash tag, so that a cluster keeps all of it on one node. */
export interface BudgetKeys {
  /** Given to the script, in this order: the budget, its members, and when each was seen. */
  readonly keys: readonly [budget: string, members: string, seen: string]
  /** With the name of a member behind it: the channel to which that member listens for as long as its process lives. */
  readonly channel: string
}

const PREFIX = 'sluice:'

/**
 * @throws {TypeError} If `name` is not a string.
 * @throws {RangeError} If it is empty or has a brace, which would break the hash tag.
 */
export function keysOf(name: string): BudgetKeys {
  checkName('share a budget', 'name', name)
  const budget = `${PREFIX}{${name}}`
  return { keys: [budget, `${budget}:members`, `${budget}:seen`], channel: `${budget}:alive:` }
}

/** Matches the keys of all budgets, and gives the name of the budget. */
export const ALL_BUDGETS = `${PREFIX}{*}`
export function nameOf(key: string): string | undefined {
  const name = /^sluice:\{(.+)\}$/s.exec(key)?.[1]
  return name !== undefined && isName(name) ? name : undefined
}

const isName = (name: string) => name !== '' && name.length <= 256 && !/[{}\p{Cc}]/u.test(name)

export function checkName(action: string, option: string, name: unknown): asserts name is string {
  if (typeof name !== 'string') throw new TypeError(`Cannot ${action}: '${option}' must be a string, is ${typeof name}`)
  if (!isName(name)) {
    throw new RangeError(
      `Cannot ${action}: '${option}' must be of 1 to 256 characters without braces, is ${JSON.stringify(name)}`,
    )
  }
}
