import { isIPv4 } from 'node:net'
import { inspect } from 'node:util'
import { checkMilliseconds, checkNested, checkOptions, optionNames } from '../../check-options.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { checkTimeout } from '../../streams/io/stream-options.ts'
import { DiskFileSystem } from '../files/disk-file-system.ts'
import type { FileSystem } from '../files/file-system.ts'
import { MemoryFileSystem } from '../files/memory-file-system.ts'
import { type TextCodec, textCodec } from '../protocol/codec.ts'
import { forgivingCodec } from './forgiving-codec.ts'
import type { RequiredTls, ServerLimits, ServerOptions } from './server-options.ts'
import { checkMost } from './users/user.ts'
import { type AnonymousUser, UserList, type UserManager } from './users/user-manager.ts'

/** The options of a server that sessions look at, checked and complete. */
export interface Settings {
  readonly files: FileSystem
  readonly users: UserManager
  readonly implicitTls: boolean
  readonly controlNeedsTls: boolean
  readonly dataNeedsTls: boolean
  readonly needsTlsSessionReuse: boolean
  readonly passiveHost: (clientAddress: string) => string | undefined
  readonly allowActive: boolean
  readonly allowForeignData: boolean
  /** Infinity for any number. */
  readonly maxConnections: number
  readonly maxConnectionsPerUser: number
  readonly maxConnectionsPerAddress: number
  /** Milliseconds; undefined is forever. */
  readonly idleTimeout: number | undefined
  readonly loginTimeout: number | undefined
  readonly handshakeTimeout: number | undefined
  readonly dataConnectTimeout: number | undefined
  readonly stallTimeout: number | undefined
  readonly loginDelay: number
  readonly maxLoginDelay: number
  readonly maxLoginAttempts: number
  readonly keepsPartialUploads: boolean
  readonly banner: string
  /** What it can't write becomes `?`. */
  readonly codec: TextCodec
  readonly isUtf8: boolean
  readonly clock: Clock
  readonly logger: ServerOptions['logger']
}

const OPTIONS = optionNames<ServerOptions>({
  ...{ fileSystem: true, root: true, users: true, anonymous: true, tls: true, tlsMode: true, requireTls: true },
  ...{ requireTlsSessionReuse: true, passivePorts: true, passiveHost: true, allowActive: true, allowForeignData: true },
  ...{ maxConnections: true, maxConnectionsPerUser: true, maxConnectionsPerAddress: true, idleTimeout: true },
  ...{ loginTimeout: true, handshakeTimeout: true, dataConnectTimeout: true, stallTimeout: true, loginDelay: true },
  ...{ maxLoginDelay: true, maxLoginAttempts: true, limits: true, partialUploads: true, banner: true },
  ...{ encoding: true, clock: true, logger: true },
})
const REQUIRED_TLS = optionNames<RequiredTls>({ control: true, data: true })
const PORT_RANGE = optionNames<NonNullable<ServerOptions['passivePorts']>>({ from: true, to: true })
const LIMITS = optionNames<ServerLimits>({ serverGlobal: true, serverPerConnection: true })

/** @throws {TypeError | RangeError} If an option is wrong. */
export function settingsOf(options: ServerOptions): Settings {
  checkOptions('create a server', options, OPTIONS)
  const { tls, tlsMode = 'explicit', requireTls = false, encoding = 'utf8', banner = 'Ready', logger } = options
  const required = typeof requireTls === 'boolean' ? { control: requireTls, data: requireTls } : requireTls
  checkNested('create a server', 'requireTls', required, REQUIRED_TLS)
  checkNested('create a server', 'passivePorts', options.passivePorts, PORT_RANGE)
  checkNested('create a server', 'limits', options.limits, LIMITS)
  checkTls(tls)
  const { control: controlNeedsTls = false, data: dataNeedsTls = false } = required
  const needsTlsSessionReuse = options.requireTlsSessionReuse ?? false
  check('tlsMode', tlsMode, tlsMode === 'explicit' || tlsMode === 'implicit', "'explicit' or 'implicit'")
  const usesTls = tlsMode === 'implicit' || controlNeedsTls || dataNeedsTls || needsTlsSessionReuse
  if (usesTls && !tls) throw new TypeError("Cannot create a server: TLS is asked for, but 'tls' has no key and cert")
  const { partialUploads = 'keep', loginDelay = 500, maxLoginDelay = 15_000, maxLoginAttempts = 3 } = options
  check('partialUploads', partialUploads, ['keep', 'remove'].includes(partialUploads), "'keep' or 'remove'")
  check('banner', banner, typeof banner === 'string', 'text')
  check('logger', logger, logger === undefined || typeof logger === 'function', 'a function')
  const most = (name: 'maxConnections' | 'maxConnectionsPerUser' | 'maxConnectionsPerAddress') =>
    checkMost(name, options[name], 'Cannot create a server')
  return {
    files: filesOf(options),
    users: usersOf(options),
    implicitTls: tlsMode === 'implicit',
    controlNeedsTls,
    dataNeedsTls,
    needsTlsSessionReuse,
    passiveHost: passiveHostOf(options.passiveHost),
    allowActive: options.allowActive ?? true,
    allowForeignData: options.allowForeignData ?? false,
    maxConnections: options.maxConnections === undefined ? 10_000 : most('maxConnections'),
    maxConnectionsPerUser: most('maxConnectionsPerUser'),
    maxConnectionsPerAddress: most('maxConnectionsPerAddress'),
    idleTimeout: timeout('idleTimeout', options.idleTimeout, 300_000),
    loginTimeout: timeout('loginTimeout', options.loginTimeout, 60_000),
    handshakeTimeout: timeout('handshakeTimeout', options.handshakeTimeout, 30_000),
    dataConnectTimeout: timeout('dataConnectTimeout', options.dataConnectTimeout, 30_000),
    stallTimeout: timeout('stallTimeout', options.stallTimeout, 120_000),
    loginDelay: delay('loginDelay', loginDelay),
    maxLoginDelay: delay('maxLoginDelay', maxLoginDelay),
    maxLoginAttempts: checkMost('maxLoginAttempts', maxLoginAttempts, 'Cannot create a server'),
    keepsPartialUploads: partialUploads === 'keep',
    banner,
    codec: forgivingCodec(textCodec(encoding)),
    isUtf8: encoding === 'utf8',
    clock: options.clock ?? systemClock,
    logger,
  }
}

/** TLS without a certificate would fail at each handshake. */
function checkTls(tls: ServerOptions['tls'] | null): void {
  if (tls === undefined) return
  check('tls', tls, typeof tls === 'object' && tls !== null, 'the options of tls.createServer')
  const given = tls as Readonly<Record<string, unknown>>
  const hasEngine = given.privateKeyEngine !== undefined && given.privateKeyIdentifier !== undefined
  const hasPair = (given.key !== undefined || hasEngine) && given.cert !== undefined
  if (hasPair || ['pfx', 'SNICallback', 'pskCallback'].some((name) => given[name] !== undefined)) return
  throw new TypeError(
    "Cannot create a server: 'tls' must have a key and a cert, a pfx, an SNICallback or a pskCallback",
  )
}

function filesOf({ fileSystem, root, clock }: ServerOptions): FileSystem {
  if (fileSystem !== undefined && root !== undefined) {
    throw new TypeError("Cannot create a server: either 'fileSystem' or 'root', not both")
  }
  if (root !== undefined) return new DiskFileSystem(root)
  if (fileSystem === undefined) return new MemoryFileSystem(clock ? { clock } : {})
  check('fileSystem', fileSystem, typeof fileSystem?.open === 'function', 'a FileSystem')
  return fileSystem
}

function usersOf({ users, anonymous = users === undefined }: ServerOptions): UserManager {
  const guest: AnonymousUser | undefined = anonymous === true ? {} : anonymous || undefined
  if (users === undefined || Array.isArray(users)) return new UserList(users ?? [], guest)
  const manager = users as UserManager
  check('users', users, typeof manager?.authenticate === 'function', 'a list of users or a UserManager')
  if (!guest) return manager
  throw new TypeError(
    "Cannot create a server: with a UserManager it is up to that one, not to 'anonymous', who may come",
  )
}

function passiveHostOf(host: ServerOptions['passiveHost']): Settings['passiveHost'] {
  if (typeof host === 'function') return host
  check('passiveHost', host, host === undefined || isIPv4(host), 'an IPv4 address or a function')
  return () => host
}

function timeout(name: string, value: number | null | undefined, fallback: number): number | undefined {
  return value === undefined ? fallback : checkTimeout(name, value)
}

function delay(name: string, value: number): number {
  checkMilliseconds('create a server', name, value)
  if (value >= 0 && value < Infinity) return value
  throw new RangeError(`Cannot create a server: '${name}' must be a number of ms >= 0, is ${value}`)
}

function check(name: string, value: unknown, isRight: boolean, wanted: string): void {
  if (!isRight) throw new TypeError(`Cannot create a server: '${name}' must be ${wanted}, is ${inspect(value)}`)
}
