import { byHand } from './throttle-contract/by-hand.ts'
import { changes } from './throttle-contract/changes.ts'
import { grants } from './throttle-contract/grants.ts'
import { registrar, type ThrottleContractOptions } from './throttle-contract/set-up.ts'
import { sharing } from './throttle-contract/sharing.ts'
import { surface } from './throttle-contract/surface.ts'

/**
 * Registers the tests that every implementation of `Throttle` passes: what it grants and when, who shares with whom, and what
 * comes of changes, aborts and wrong arguments.
 *
 * ```ts
 * import { test } from 'node:test'
 *
 * throttleContract({
 *   test,
 *   async create(settings) {
 *     const clock = new VirtualClock()
 *     return { clock, throttle: new Throttle({ ...settings, clock }), run: (body) => clock.run(body) }
 *   },
 * })
 * ```
 */
export function throttleContract(options: ThrottleContractOptions): void {
  const contract = registrar(options)
  grants(contract)
  changes(contract)
  sharing(contract)
  byHand(contract)
  surface(contract)
}

export type {
  ContractClock,
  ContractSettings,
  ThrottleContractOptions,
  ThrottleUnderTest,
} from './throttle-contract/set-up.ts'
