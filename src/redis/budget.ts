import type { Rate } from '../units.ts'
import { abortable, type WaitOptions } from './abortable.ts'
import { budgetLimit, memberWeight } from './bounds.ts'
import { type BudgetState, parseState } from './budget-state.ts'
import { type RedisClient, runnerOf } from './clients.ts'
import { BudgetError, checkReply, OutageError } from './errors.ts'
import { ALL_BUDGETS, checkName, keysOf, nameOf } from './keys.ts'
import type { ScriptRunner } from './script-runner.ts'

/** A budget seen from outside: for those who look at it or change it, and do not share it. */
export class Budget {
  readonly name: string
  readonly #runner: ScriptRunner

  /** @throws {TypeError | RangeError} If an argument is wrong. */
  constructor(client: RedisClient, name: string) {
    keysOf(name)
    this.#runner = runnerOf(client, false)
    this.name = name
  }

  /**
   * The names of all budgets in this Redis, in order. It goes through all keys there are.
   *
   * @throws {TypeError} If the client can't list keys.
   * @throws {OutageError} If Redis can't be reached, or refuses.
   */
  static async list(client: RedisClient, options: WaitOptions = {}): Promise<string[]> {
    const { listKeys } = runnerOf(client, false)
    if (!listKeys) throw new TypeError('Cannot list budgets: the Redis client can not list keys')
    const list = async () => {
      try {
        return await listKeys(ALL_BUDGETS)
      } catch (error) {
        if (error instanceof TypeError) throw error
        throw new OutageError('*', error instanceof Error ? error.message : String(error), { cause: error })
      }
    }
    const names = (await abortable(list, options)).map(nameOf).filter((name) => name !== undefined)
    return [...new Set(names)].sort()
  }

  /** How it stands, and who shares it; undefined if there is none. @throws {BudgetError | OutageError} */
  async state(options: WaitOptions = {}): Promise<BudgetState | undefined> {
    return parseState(await this.#run(['show', ''], options))
  }

  /** Changes the limit for all within a round; creates the budget if there is none. @throws {BudgetError | OutageError} */
  async setLimit(limit: Rate | null, options: WaitOptions = {}): Promise<void> {
    await this.#run(['set', '', String(budgetLimit(limit) ?? 0), ''], options)
  }

  /** Lets nothing pass in any process, within a round. @throws {BudgetError | OutageError} Also if there is none. */
  async pause(options: WaitOptions = {}): Promise<void> {
    this.#exists(await this.#run(['set', '', '', '1'], options))
  }

  /** Ends {@link Budget.pause}. @throws {BudgetError | OutageError} Also if there is none. */
  async resume(options: WaitOptions = {}): Promise<void> {
    this.#exists(await this.#run(['set', '', '', '0'], options))
  }

  /** Changes the weight of a process within a round. @throws {BudgetError | OutageError} Also if it does not share the budget. */
  async setWeight(member: string, weight: number, options: WaitOptions = {}): Promise<void> {
    checkName('set a weight', 'member', member)
    const reply = await this.#run(['weight', member, String(memberWeight(weight))], options)
    if (reply[0] !== 'NONE') return
    throw new BudgetError(this.name, keysOf(this.name).keys[1], `there is no member ${JSON.stringify(member)}`)
  }

  #exists(reply: readonly unknown[]): void {
    if (reply[0] === 'NONE') throw new BudgetError(this.name, keysOf(this.name).keys[0], 'there is none of this name')
  }

  async #run(args: readonly string[], options: WaitOptions): Promise<readonly unknown[]> {
    const reply = await abortable(async () => {
      try {
        return await this.#runner.runScript(keysOf(this.name).keys, args)
      } catch (error) {
        throw new OutageError(this.name, error instanceof Error ? error.message : String(error), { cause: error })
      }
    }, options)
    return checkReply(this.name, reply)
  }
}
