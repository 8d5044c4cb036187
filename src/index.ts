export { type Clock, systemClock } from './clock.ts'
export {
  BusyError,
  ClosedError,
  IncompleteReadError,
  LineTooLongError,
  SluiceError,
  TimeoutError,
  type TimeoutPhase,
  type TimeoutSubject,
  UnexpectedDataError,
} from './errors.ts'
export type { Reader, ReaderWriter, Writer } from './streams/adapters/stream-pair.ts'
export { AsyncStreamIterator } from './streams/io/async-stream-iterator.ts'
export type { ConnectOptions } from './streams/io/connect-socket.ts'
export { type OpenConnectionOptions, openConnection } from './streams/io/open-connection.ts'
export { type StartTlsOptions, StreamIO, type WaitOptions } from './streams/io/stream-io.ts'
export type { StreamIOOptions } from './streams/io/stream-options.ts'
export {
  type Direction,
  type OpenThrottledConnectionOptions,
  openThrottledConnection,
  ThrottleStreamIO,
  type ThrottleStreamIOOptions,
} from './streams/io/throttle-stream-io.ts'
export { throttle, throttleWeb } from './streams/throttle.ts'
export { type ByteIterable, throttleIterable } from './streams/throttle-iterable.ts'
export { type SocketThrottle, throttleSocket } from './streams/throttle-socket.ts'
export {
  type ThrottleStreamOptions,
  ThrottleTransform,
  type ThrottleTransformOptions,
} from './streams/throttle-transform.ts'
export { ThrottleTransformStream } from './streams/throttle-web.ts'
export {
  type Endpoint,
  type ExtraInfo,
  type Pacing,
  type SendOptions,
  ThrottledStreamWriter,
  type ThrottledStreamWriterOptions,
  type ThrottledWriteOptions,
  type WriteMode,
} from './streams/writer/throttled-stream-writer.ts'
export { Flow, type FlowOptions, type FlowStats, type HeldBy, type Throttles } from './throttle/flow.ts'
export type { Limits, StreamLimits } from './throttle/limits.ts'
export { type SpeedLimits, StreamThrottle } from './throttle/stream-throttle.ts'
export { type AcquireOptions, Throttle, type ThrottleOptions, type ThrottleStats } from './throttle/throttle.ts'
export {
  type Duration,
  type FormatOptions,
  formatDuration,
  formatRate,
  formatSize,
  parseDuration,
  parseRate,
  parseSize,
  type Rate,
  type Size,
} from './units.ts'
