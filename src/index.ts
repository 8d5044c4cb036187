export { type Clock, systemClock } from './clock.ts'
export {
  BusyError,
  ClosedError,
  IncompleteReadError,
  LineTooLongError,
  SluiceError,
  TimeoutError,
  type TimeoutPhase,
} from './errors.ts'
export { Flow, type FlowOptions, type HeldBy, type Throttles } from './throttle/flow.ts'
export { type AcquireOptions, Throttle, type ThrottleOptions, type ThrottleStats } from './throttle/throttle.ts'
export * from './units.ts'
