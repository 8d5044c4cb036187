export type { WaitOptions } from './abortable.ts'
export { Budget } from './budget.ts'
export type { BudgetState, Member } from './budget-state.ts'
export type { IoredisClient, NodeRedisClient, RedisClient } from './clients.ts'
export { BudgetError, OutageError } from './errors.ts'
export type { OnOutage } from './outage.ts'
export type { ScriptRunner } from './script-runner.ts'
export {
  SharedThrottle,
  type SharedThrottleEvents,
  type SharedThrottleOptions,
  type SharedThrottleStats,
  type Sharing,
} from './shared-throttle.ts'
