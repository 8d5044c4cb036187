import { SluiceError } from '../errors.ts'

/** Redis answered, but what is under the keys of the budget can't be used. Nothing was changed there. */
export class BudgetError extends SluiceError {
  readonly code = 'ERR_SLUICE_BUDGET'
  /** The name of the budget. */
  readonly budget: string
  /** The key in question. */
  readonly key: string
  /** What is wrong there: the message without what could not be done. */
  readonly state: string
  constructor(budget: string, key: string, state: string, options?: ErrorOptions) {
    super(`Cannot share the budget '${budget}': ${state}`, options)
    this.budget = budget
    this.key = key
    this.state = state
  }
}

/** Redis did not answer, or refused: `cause` is why it can't be reached, or what its client said, if that is known. */
export class OutageError extends SluiceError {
  readonly code = 'ERR_SLUICE_OUTAGE'
  /** The name of the budget; `'*'` where all were to be listed. */
  readonly budget: string
  /** Why: the message without what could not be done. */
  readonly state: string
  constructor(budget: string, state: string, options?: ErrorOptions) {
    super(`Cannot reach the budget '${budget}': ${state}`, options)
    this.budget = budget
    this.state = state
  }
}

/** @throws {BudgetError} If the script refused what it found. */
export function checkReply(budget: string, reply: readonly unknown[]): readonly unknown[] {
  const [status, key = '', found = ''] = reply.slice(0, 3).map((value) => (Array.isArray(value) ? '' : String(value)))
  if (status === 'OK' || status === 'NONE') return reply
  const states: Record<string, string> = {
    FOREIGN: `there is something else under the key '${key}'`,
    VERSION: `the key '${key}' is of another version of sluice: its format is ${JSON.stringify(found)}, not "1"`,
    LIMIT: `the limit under the key '${key}' must be a number >= 0, is ${JSON.stringify(found)}`,
  }
  throw new BudgetError(budget, key, states[status ?? ''] ?? `the reply of Redis is ${JSON.stringify(reply)}`)
}
