import { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {
  ActiveOptions,
  ClientOptions,
  ClientPoolOptions,
  CommandOptions,
  DataConnectionThrottleStreamIO,
  DataStreamOptions,
  DownloadBytesOptions,
  DownloadOptions,
  FinishOptions,
  ListOptions,
  MirrorOptions,
  PoolCloseOptions,
  RetryOptions,
  Timeouts,
  UploadOptions,
} from '../src/ftp/client/index.ts'
import { Client, ClientPool } from '../src/ftp/client/index.ts'
import type {
  AnonymousUser,
  CloseOptions,
  DiskFileSystemOptions,
  ListenOptions,
  MemoryFileSystemOptions,
  PermissionRule,
  RequiredTls,
  ServerLimits,
  ServerOptions,
  User,
  UserLimits,
} from '../src/ftp/server/index.ts'
import { DiskFileSystem, MemoryFileSystem, Server } from '../src/ftp/server/index.ts'
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
  RunOptions,
  ScriptedPeerOptions,
  ThrottleContractOptions,
  VirtualClockOptions,
} from '../src/testing/index.ts'
import { answerFtp, createDuplexPair, ScriptedPeer, throttleContract, VirtualClock } from '../src/testing/index.ts'

/** All names that a type has: one that is missing is an error of types. */
const all = <Options>(names: Readonly<Record<keyof Options & string, boolean>>) => Object.keys(names).sort()

const runner: ScriptRunner = {
  runScript: () => {
    throw new Error('nothing must reach Redis')
  },
}
const told: string[] = []
const server = new Server({ logger: (line) => void told.push(line) })
let client: Client
let pool: ClientPool
let host = ''
let port = 0
beforeAll(async () => {
  const address = await server.listen()
  host = address.host
  port = address.port
  client = await Client.connect(host, { port })
  pool = new ClientPool(host, { port })
})
afterAll(async () => {
  await client.quit()
  await pool.close()
  await server.close({ drain: false })
})

const wait = all<WaitOptions>({ signal: true })
const common = {
  ...{ resume: true, retry: true, onProgress: true, progressInterval: true, checksum: true },
  ...{ preserveTimes: true, throttles: true, weight: true, signal: true },
} as const
const tree = { include: true, exclude: true, onError: true } as const
const clientNames = {
  ...{ port: true, tls: true, tlsOptions: true, user: true, password: true, account: true, encoding: true },
  ...{ throttles: true, timeout: true, timeouts: true, keepAlive: true, mode: true, active: true, epsv: true },
  ...{ allowForeignHost: true, listFormat: true, connect: true, family: true, localAddress: true, logger: true },
  clock: true,
} as const
const poolNames = { ...clientNames, connections: true } as const
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
const guest = { home: true, fileSystem: true, permissions: true, maxConnections: true, limits: true } as const
const ranges = all<{ readonly from: number; readonly to: number }>({ from: true, to: true })

const clock = () => new VirtualClock()
const ann = { name: 'ann', password: 'secret' }
const writer = () => new ThrottledStreamWriter(new PassThrough())
const io = () => new StreamIO(new PassThrough())
const withStream = async (use: (stream: DataConnectionThrottleStreamIO) => unknown) => {
  const stream = await client.uploadStream('file')
  try {
    await use(stream)
  } finally {
    await stream.close()
    await client.command('NOOP')
    told.length = 0 // what the stream itself has cost
  }
}

/** What is refused is of no type. */
type Wrong = never

/** How each takes its options. */
const calls: Readonly<Record<string, readonly [names: readonly string[], call: (options: Wrong) => unknown]>> = {
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

  'Client.connect()': [
    all<ClientOptions>({ ...clientNames, signal: true }),
    (options) => Client.connect(host, { port, ...(options as object) }),
  ],
  'Client.context()': [
    all<ClientOptions>({ ...clientNames, signal: true }),
    (options) => Client.context(host, { port, ...(options as object) }, () => {}),
  ],
  'Client.connect({ timeouts })': [
    all<Timeouts>({
      ...{ connect: true, tls: true, greeting: true, command: true },
      ...{ dataConnect: true, firstByte: true, stall: true, finalReply: true },
    }),
    (timeouts) => Client.connect(host, { port, timeouts }),
  ],
  'Client.connect({ active })': [
    all<ActiveOptions>({ address: true, ports: true }),
    (active) => Client.connect(host, { port, active }),
  ],
  'Client.connect({ active: { ports } })': [
    ranges,
    (ports) => Client.connect(host, { port, active: { ports: { from: 1, to: 2, ...(ports as object) } } }),
  ],
  'Client.command()': [
    all<CommandOptions>({ expectedCodes: true, waitCodes: true, signal: true }),
    (options) => client.command('NOOP', options),
  ],
  'Client.currentDirectory()': [wait, (options) => client.currentDirectory(options)],
  'Client.changeDirectory()': [wait, (options) => client.changeDirectory('/', options)],
  'Client.makeDirectory()': [['parents', 'signal'], (options) => client.makeDirectory('made', options)],
  'Client.removeDirectory()': [wait, (options) => client.removeDirectory('made', options)],
  'Client.removeFile()': [wait, (options) => client.removeFile('made', options)],
  'Client.remove()': [wait, (options) => client.remove('made', options)],
  'Client.rename()': [wait, (options) => client.rename('made', 'other', options)],
  'Client.list()': [
    all<ListOptions>({ recursive: true, command: true, onUnreadable: true, signal: true }),
    (options) => client.list('', options),
  ],
  'Client.stat()': [wait, (options) => client.stat('made', options)],
  'Client.exists()': [wait, (options) => client.exists('made', options)],
  'Client.isFile()': [wait, (options) => client.isFile('made', options)],
  'Client.isDirectory()': [wait, (options) => client.isDirectory('made', options)],
  'Client.size()': [['bigint', 'signal'], (options) => client.size('made', options)],
  'Client.lastModified()': [wait, (options) => client.lastModified('made', options)],
  'Client.setModified()': [wait, (options) => client.setModified('made', new Date(), options)],
  'Client.checksum()': [['algorithm', 'signal'], (options) => client.checksum('made', options)],
  'Client.reconnect()': [wait, (options) => client.reconnect(options)],
  'Client.quit()': [wait, (options) => client.quit(options)],
  ...Object.fromEntries(
    (['downloadStream', 'uploadStream', 'appendStream'] as const).map((name) => [
      `Client.${name}()`,
      [
        all<DataStreamOptions>({ offset: true, throttles: true, weight: true, signal: true }),
        (options: Wrong) => client[name]('made', options, () => {}),
      ] as const,
    ]),
  ),
  'DataConnectionThrottleStreamIO.finish()': [
    all<FinishOptions>({ expectedCodes: true, waitCodes: true, signal: true }),
    (options) => withStream((stream) => stream.finish(options)),
  ],
  'DataConnectionThrottleStreamIO.write()': [wait, (options) => withStream((stream) => stream.write('x', options))],
  ...Object.fromEntries(
    (['client', 'pool'] as const).flatMap((name) => {
      const one = () => (name === 'client' ? client : pool)
      return [
        [
          `${name}.download()`,
          [
            all<DownloadOptions>({ ...common, ...tree, end: true }),
            (options: Wrong) => one().download('made', 'nowhere', options),
          ] as const,
        ],
        [
          `${name}.downloadBytes()`,
          [
            all<DownloadBytesOptions>({
              ...{ retry: true, onProgress: true, progressInterval: true, checksum: true },
              ...{ throttles: true, weight: true, signal: true, maxLength: true },
            }),
            (options: Wrong) => one().downloadBytes('made', options),
          ] as const,
        ],
        [
          `${name}.upload()`,
          [
            all<UploadOptions>({ ...common, ...tree, atomic: true, size: true }),
            (options: Wrong) => one().upload(Buffer.from('x'), 'made', options),
          ] as const,
        ],
        [
          `${name}.upload({ retry })`,
          [
            all<RetryOptions>({ attempts: true, delay: true, factor: true, maxDelay: true, jitter: true }),
            (retry: Wrong) => one().upload(Buffer.from('x'), 'made', { retry }),
          ] as const,
        ],
      ] as const
    }),
  ),
  'new ClientPool()': [all<ClientPoolOptions>(poolNames), (options) => new ClientPool(host, options)],
  'ClientPool.use()': [wait, (options) => pool.use(() => {}, options)],
  'ClientPool.mirror()': [
    all<MirrorOptions>({
      ...common,
      ...tree,
      ...{ direction: true, parallel: true, delete: true, compare: true, dryRun: true, atomic: true, onAction: true },
    }),
    (options) => pool.mirror('/', 'nowhere', { direction: 'download', ...(options as object) }),
  ],
  'ClientPool.close()': [all<PoolCloseOptions>({ drain: true, signal: true }), (options) => pool.close(options)],

  'new Server()': [
    all<ServerOptions>({
      ...{ fileSystem: true, root: true, users: true, anonymous: true, tls: true, tlsMode: true, requireTls: true },
      ...{ requireTlsSessionReuse: true, passivePorts: true, passiveHost: true, allowActive: true },
      ...{ allowForeignData: true, maxConnections: true, maxConnectionsPerUser: true, maxConnectionsPerAddress: true },
      ...{ idleTimeout: true, loginTimeout: true, handshakeTimeout: true, dataConnectTimeout: true },
      ...{ stallTimeout: true, loginDelay: true, maxLoginDelay: true, maxLoginAttempts: true, limits: true },
      ...{ partialUploads: true, banner: true, encoding: true, clock: true, logger: true },
    }),
    (options) => new Server(options),
  ],
  'new Server({ users })': [
    all<User>({ ...guest, name: true, account: true, password: true }),
    (user) => new Server({ users: [{ ...ann, ...(user as object) }] }),
  ],
  'new Server({ users: [{ limits }] })': [
    all<UserLimits>({ userGlobal: true, userPerConnection: true }),
    (limits) => new Server({ users: [{ ...ann, limits }] }),
  ],
  'new Server({ users: [{ permissions }] })': [
    all<PermissionRule>({ path: true, allow: true }),
    (rule) => new Server({ users: [{ ...ann, permissions: [{ path: '/', allow: 'none', ...(rule as object) }] }] }),
  ],
  'new Server({ anonymous })': [all<AnonymousUser>(guest), (anonymous) => new Server({ anonymous })],
  'new Server({ limits })': [
    all<ServerLimits>({ serverGlobal: true, serverPerConnection: true }),
    (limits) => new Server({ limits }),
  ],
  'new Server({ requireTls })': [
    all<RequiredTls>({ control: true, data: true }),
    (requireTls) => new Server({ requireTls }),
  ],
  'new Server({ passivePorts })': [
    ranges,
    (passivePorts) => new Server({ passivePorts: { from: 1, to: 2, ...(passivePorts as object) } }),
  ],
  'Server.listen()': [
    all<ListenOptions>({ host: true, port: true, signal: true }),
    (options) => new Server().listen(options),
  ],
  'Server.close()': [
    all<CloseOptions>({ drain: true, timeout: true, signal: true }),
    (options) => server.close(options),
  ],
  'new DiskFileSystem()': [
    all<DiskFileSystemOptions>({ followSymlinks: true }),
    (options) => new DiskFileSystem('/tmp', options),
  ],
  'new MemoryFileSystem()': [
    all<MemoryFileSystemOptions>({ files: true, maxBytes: true, maxEntries: true, clock: true }),
    (options) => new MemoryFileSystem(options),
  ],

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
  'throttleContract()': [
    all<ThrottleContractOptions>({ test: true, create: true, slack: true }),
    (options) => throttleContract({ test: () => {}, create: () => Promise.reject(), ...(options as object) }),
  ],
}

for (const [title, [names, call]] of Object.entries(calls)) {
  test(`${title} takes its options and refuses any other, before anything happens`, async () => {
    told.length = 0
    const before = server.connections.length
    const message = async (options: unknown) =>
      (await (async () => call(options as Wrong))().catch((error) => error)) as Error
    const error = await message({ [names[0] ?? '']: undefined, nonesuch: 1 })
    expect(error).toBeInstanceOf(TypeError)
    const [, list = ''] = /nonesuch' is no option; these are: \{ (.*) \}$/.exec(error.message) ?? []
    expect(list.split(', ').sort()).toEqual([...names])
    const near = names.find((name) => name.length > 5)
    if (near !== undefined) {
      const slip = await message({ [`${near}x`]: 1 })
      expect(slip.message).toContain(`${near}x' is no option; did you mean '${near}'?`)
    }
    expect(told).toEqual([])
    expect(server.connections.length).toBe(before)
  })
}

test('Client.connect() says how TLS is asked for to who asks for `secure`', async () => {
  const secure = { port, secure: true }
  await expect(Client.connect(host, secure)).rejects.toThrow(
    "'secure' is no option; TLS is tls: 'explicit' or 'implicit'",
  )
  expect(() => new ClientPool(host, secure)).toThrow("TLS is tls: 'explicit' or 'implicit'")
})
