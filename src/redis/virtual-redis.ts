import type { Clock } from '../clock.ts'
import { onAbort } from '../on-abort.ts'
import { BudgetModel } from './model.ts'
import type { ScriptRunner } from './script-runner.ts'

/** How a client of a {@link VirtualRedis} reaches it. Can be changed at any time. */
export interface Line {
  /** Milliseconds that a call takes on its way, one way. */
  latency: () => number
  /** The part of calls that get lost, from 0 to 1: half of them on their way there, half on their way back. */
  loss: number
  /** Whether nothing comes through; calls fail after `timeout`. */
  cut: boolean
  /** After how many ms a call that gets no reply fails. */
  timeout: number
}

/** A Redis of virtual time, for simulations and tests: the model of the script behind lines with latency, loss and outages. */
export class VirtualRedis {
  readonly #clock: Clock
  readonly #budgets = new Map<string, BudgetModel>()
  readonly #random: () => number
  /** What its clock is ahead of the clock of the simulation, in ms. */
  skew = 1_000_000_000
  /** Whether it refuses connections. */
  down = false
  /** Whether it stands still: calls are done when it goes on. */
  #stopped: (() => void)[] | undefined
  calls = 0

  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock
    this.#random = random
  }

  flush(): void {
    for (const budget of this.#budgets.values()) budget.flush()
  }

  /** As their keys expire before those of the budgets, or are evicted. */
  forgetMembers(): void {
    for (const budget of this.#budgets.values()) budget.forgetMembers()
  }

  stop(): void {
    this.#stopped ??= []
  }

  continue(): void {
    const stopped = this.#stopped ?? []
    this.#stopped = undefined
    for (const go of stopped) go()
  }

  /** Breaks the connections of a process, as its death does. */
  hangUp(member: string): void {
    for (const budget of this.#budgets.values()) {
      for (const channel of budget.subscribers) if (channel.endsWith(`:${member}`)) budget.subscribers.delete(channel)
    }
  }

  /** How many processes listen. */
  get listening(): number {
    let sum = 0
    for (const { subscribers } of this.#budgets.values()) sum += subscribers.size
    return sum
  }

  client(line: Partial<Line> = {}): ScriptRunner & { readonly line: Line } {
    const settings: Line = { latency: () => 0.1, loss: 0, cut: false, timeout: 10_000, ...line }
    return {
      line: settings,
      runScript: (keys, args) => this.#call(settings, keys[0] ?? '', args),
      listen: async (channel, signal) => {
        const { subscribers } = this.#budget(channel.slice(0, channel.indexOf('}') + 1))
        subscribers.add(channel)
        onAbort(signal, () => subscribers.delete(channel))
      },
    }
  }

  #call(line: Line, key: string, args: readonly string[]): Promise<readonly unknown[]> {
    const dice = this.#random()
    return new Promise((resolve, reject) => {
      const after = (ms: number, wake: () => void) => this.#clock.sleepUntil(this.#clock.now() + ms, wake)
      const lost = () => after(line.timeout, () => reject(new Error('Command timed out')))
      const arrive = () => {
        if (this.down) return after(line.latency(), () => reject(new Error('connect ECONNREFUSED')))
        if (line.cut || dice < line.loss / 2) return lost()
        if (this.#stopped) return this.#stopped.push(execute)
        return execute()
      }
      const execute = () => {
        this.calls++
        const reply = this.#budget(key).run(args, Math.floor((this.#clock.now() + this.skew) * 1000))
        if (line.cut || dice < line.loss) return lost()
        return after(line.latency(), () => resolve(reply))
      }
      if (line.cut) lost()
      else after(line.latency(), arrive)
    })
  }

  #budget(key: string): BudgetModel {
    let budget = this.#budgets.get(key)
    if (!budget) {
      budget = new BudgetModel()
      this.#budgets.set(key, budget)
    }
    return budget
  }
}
