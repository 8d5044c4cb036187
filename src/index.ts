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
export { throttle, throttleWeb } from './streams/throttle.ts'
export { type ByteIterable, throttleIterable } from './streams/throttle-iterable.ts'
export { type SocketThrottle, throttleSocket } from './streams/throttle-socket.ts'
export {
  type ThrottleStreamOptions,
  ThrottleTransform,
  type ThrottleTransformOptions,
} from './streams/throttle-transform.ts'
export { ThrottleTransformStream } from './streams/throttle-web.ts'
export { Flow, type FlowOptions, type FlowStats, type HeldBy, type Throttles } from './throttle/flow.ts'
export type { Limits, StreamLimits } from './throttle/limits.ts'
export { type SpeedLimits, StreamThrottle } from './throttle/stream-throttle.ts'
export { type AcquireOptions, Throttle, type ThrottleOptions, type ThrottleStats } from './throttle/throttle.ts'
export * from './units.ts'
