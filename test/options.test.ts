import { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type {
  AcquireOptions,
  FlowOptions,
  FormatOptions,
  OpenConnectionOptions,
  OpenThrottledConnectionOptions,
  SendOptions,
  SpeedLimits,
  StreamIOOptions,
  ThrottledStreamWriterOptions,
  ThrottledWriteOptions,
  ThrottleOptions,
  ThrottleStreamIOOptions,
  ThrottleStreamOptions,
  ThrottleTransformOptions,
  WaitOptions,
} from '../src/index.ts'
import {
  Flow,
  formatDuration,
  formatRate,
  formatSize,
  openConnection,
  openThrottledConnection,
  StreamIO,
  StreamThrottle,
  Throttle,
  ThrottledStreamWriter,
  ThrottleStreamIO,
  throttle,
  throttleIterable,
  throttleSocket,
  throttleWeb,
} from '../src/index.ts'
import type { ScriptRunner, SharedThrottleOptions } from '../src/redis/index.ts'
import { Budget, SharedThrottle } from '../src/redis/index.ts'
import type {
  AnswerFtpOptions,
  DuplexPairOptions,
  FileSystemContractOptions,
  RunOptions,
  ScriptedPeerOptions,
  ThrottleContractOptions,
  VirtualClockOptions,
} from '../src/testing/index.ts'
import {
  answerFtp,
  createDuplexPair,
  fileSystemContract,
  ScriptedPeer,
  throttleContract,
  VirtualClock,
} from '../src/testing/index.ts'
import { all, type Calls, refusesOthers } from './options-table.ts'

const runner: ScriptRunner = {
  runScript: () => {
    throw new Error('nothing must reach Redis')
  },
}
/** Nobody listens there, and nobody must be asked. */
const [host, port] = ['127.0.0.1', 1]

const wait = all<WaitOptions>({ signal: true })
const stream = {
  timeout: true,
  readTimeout: true,
  writeTimeout: true,
  maxLineLength: true,
  host: true,
  clock: true,
} as const
const connection = {
  ...{ host: true, port: true, path: true, tls: true, connectTimeout: true, handshakeTimeout: true },
  ...{ localAddress: true, family: true, noDelay: true, signal: true, clock: true },
} as const
const shared = {
  ...{ burst: true, resetRate: true, clock: true, weight: true, interval: true, onOutage: true },
  ...{ partitionTtl: true, floor: true, member: true, watch: true },
} as const
const clock = () => new VirtualClock()
const writer = () => new ThrottledStreamWriter(new PassThrough())
const io = () => new StreamIO(new PassThrough())

const calls: Calls = {
  'new Throttle()': [
    all<ThrottleOptions>({ limit: true, burst: true, resetRate: true, clock: true }),
    (options) => new Throttle(options),
  ],
  'Throttle.acquire()': [
    all<AcquireOptions>({ signal: true, weight: true }),
    (options) => new Throttle().acquire(1, options),
  ],
  'Throttle.wait()': [wait, (options) => new Throttle().wait(options)],
  'StreamThrottle.fromLimits()': [
    all<SpeedLimits>({ readSpeedLimit: true, writeSpeedLimit: true, clock: true }),
    (options) => StreamThrottle.fromLimits(options),
  ],
  'new Flow()': [all<FlowOptions>({ weight: true }), (options) => new Flow({}, options)],
  'Flow.acquire()': [wait, (options) => new Flow().acquire(1, options)],
  'throttle()': [
    all<ThrottleTransformOptions>({ signal: true, weight: true, highWaterMark: true }),
    (options) => throttle(1, options),
  ],
  'throttleWeb()': [all<ThrottleStreamOptions>({ signal: true, weight: true }), (options) => throttleWeb(1, options)],
  'throttleIterable()': [
    all<ThrottleStreamOptions>({ signal: true, weight: true }),
    (options) => throttleIterable([], 1, options),
  ],
  'throttleSocket()': [
    all<ThrottleStreamOptions>({ signal: true, weight: true }),
    (options) => throttleSocket(new Socket(), 1, options),
  ],
  'new StreamIO()': [all<StreamIOOptions>(stream), (options) => new StreamIO(new PassThrough(), options)],
  'new StreamIO() with two streams': [
    all<StreamIOOptions>(stream),
    (options) => new StreamIO(new PassThrough(), new PassThrough(), options),
  ],
  'StreamIO.read()': [wait, (options) => io().read(1, options)],
  'StreamIO.readline()': [wait, (options) => io().readline(options)],
  'StreamIO.readUntil()': [wait, (options) => io().readUntil('x', options)],
  'StreamIO.readExactly()': [wait, (options) => io().readExactly(1, options)],
  'StreamIO.iterByLine()': [wait, (options) => io().iterByLine(options)],
  'StreamIO.iterByBlock()': [wait, (options) => io().iterByBlock(1, options)],
  'StreamIO.write()': [wait, (options) => io().write('x', options)],
  'StreamIO.end()': [wait, (options) => io().end(options)],
  'StreamIO.close()': [wait, (options) => io().close(options)],
  'new ThrottleStreamIO()': [
    all<ThrottleStreamIOOptions>({ ...stream, throttles: true, weight: true }),
    (options) => new ThrottleStreamIO(new PassThrough(), options),
  ],
  'ThrottleStreamIO.wait()': [wait, (options) => new ThrottleStreamIO(new PassThrough()).wait('read', options)],
  'openConnection()': [
    all<OpenConnectionOptions>({ ...stream, ...connection }),
    (options) => openConnection({ host, port, ...(options as object) }),
  ],
  'openThrottledConnection()': [
    all<OpenThrottledConnectionOptions>({ ...stream, ...connection, throttles: true, weight: true }),
    (options) => openThrottledConnection({ host, port, ...(options as object) }),
  ],
  'new ThrottledStreamWriter()': [
    all<ThrottledStreamWriterOptions>({ minSendIntervalMs: true, pacing: true, clock: true, highWaterMark: true }),
    (options) => new ThrottledStreamWriter(new PassThrough(), options),
  ],
  'ThrottledStreamWriter.write()': [
    all<ThrottledWriteOptions>({ mode: true, drain: true, signal: true }),
    (options) => writer().write('x', options),
  ],
  'ThrottledStreamWriter.writeLines()': [
    all<ThrottledWriteOptions>({ mode: true, drain: true, signal: true }),
    (options) => writer().writeLines(['x'], options),
  ],
  'ThrottledStreamWriter.drain()': [wait, (options) => writer().drain(options)],
  'ThrottledStreamWriter.writeEof()': [wait, (options) => writer().writeEof(options)],
  'ThrottledStreamWriter.waitClosed()': [wait, (options) => writer().waitClosed(options)],
  'ThrottledStreamWriter.toNodeWritable()': [
    all<SendOptions>({ mode: true, drain: true }),
    (options) => writer().toNodeWritable(options),
  ],
  'ThrottledStreamWriter.toWebWritable()': [
    all<SendOptions>({ mode: true, drain: true }),
    (options) => writer().toWebWritable(options),
  ],
  'formatRate()': [all<FormatOptions>({ exact: true }), (options) => formatRate(1, options)],
  'formatSize()': [all<FormatOptions>({ exact: true }), (options) => formatSize(1, options)],
  'formatDuration()': [all<FormatOptions>({ exact: true }), (options) => formatDuration(1, options)],

  'new SharedThrottle()': [
    all<SharedThrottleOptions>({ ...shared, limit: true }),
    (options) => new SharedThrottle(runner, 'x', { limit: 1, ...(options as object) }),
  ],
  'SharedThrottle.pair()': [
    [...Object.keys(shared), 'read', 'write'].sort(),
    (options) => SharedThrottle.pair(runner, 'x', { read: 1, write: 1, ...(options as object) }),
  ],
  'SharedThrottle.setLimit()': [wait, (options) => new SharedThrottle(runner, 'x', { limit: 1 }).setLimit(2, options)],
  'SharedThrottle.ready()': [wait, (options) => new SharedThrottle(runner, 'x', { limit: 1 }).ready(options)],
  'Budget.list()': [wait, (options) => Budget.list({ ...runner, listKeys: async () => [] }, options)],
  'Budget.state()': [wait, (options) => new Budget(runner, 'x').state(options)],
  'Budget.setLimit()': [wait, (options) => new Budget(runner, 'x').setLimit(1, options)],

  'createDuplexPair()': [
    all<DuplexPairOptions>({ latency: true, bufferSize: true, clock: true }),
    (options) => createDuplexPair(options),
  ],
  'new VirtualClock()': [
    all<VirtualClockOptions>({ start: true, turns: true, grace: true, wakesPerMoment: true }),
    (options) => new VirtualClock(options),
  ],
  'VirtualClock.run()': [all<RunOptions>({ within: true, signal: true }), (options) => clock().run(() => {}, options)],
  'VirtualClock.sleep()': [wait, (options) => clock().sleep(0, options)],
  'VirtualClock.advance()': [wait, (options) => clock().advance(0, options)],
  'ScriptedPeer.listen()': [
    all<ScriptedPeerOptions>({ host: true, port: true, tls: true }),
    (options) => ScriptedPeer.listen(() => {}, options),
  ],
  'answerFtp()': [
    all<AnswerFtpOptions>({ tls: true, until: true, cut: true }),
    (options) => answerFtp({} as never, {}, options),
  ],
  'fileSystemContract()': [
    all<FileSystemContractOptions>({ test: true, create: true, without: true }),
    (options) => fileSystemContract({ test: () => {}, create: () => Promise.reject(), ...(options as object) }),
  ],
  'throttleContract()': [
    all<ThrottleContractOptions>({ test: true, create: true, slack: true }),
    (options) => throttleContract({ test: () => {}, create: () => Promise.reject(), ...(options as object) }),
  ],
}
refusesOthers(calls)
