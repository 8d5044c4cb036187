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
import type { WaitOptions } from '../src/index.ts'
import { all, type Calls, refusesOthers, type Wrong } from './options-table.ts'

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
const guest = { home: true, fileSystem: true, permissions: true, maxConnections: true, limits: true } as const
const ranges = all<{ readonly from: number; readonly to: number }>({ from: true, to: true })

const ann = { name: 'ann', password: 'secret' }
const withStream = async (use: (stream: DataConnectionThrottleStreamIO) => unknown) => {
  const before = told.length
  const stream = await client.uploadStream('file')
  try {
    await use(stream)
  } finally {
    await stream.close()
    await client.command('NOOP')
    told.length = before // what the stream itself has cost
  }
}

const calls: Calls = {
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
}
refusesOthers(calls, () => [[...told], server.connections.length])

test('Client.connect() says how TLS is asked for to who asks for `secure`', async () => {
  const secure = { port, secure: true }
  await expect(Client.connect(host, secure)).rejects.toThrow(
    "'secure' is no option; TLS is tls: 'explicit' or 'implicit'",
  )
  expect(() => new ClientPool(host, secure)).toThrow("TLS is tls: 'explicit' or 'implicit'")
})
