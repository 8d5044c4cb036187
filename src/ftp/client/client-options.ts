import { isIP, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import {
  checkFlag,
  checkFunction,
  checkHost,
  checkNested,
  checkOneOf,
  checkOptions,
  optionNames,
  show,
} from '../../check-options.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { checkSignal } from '../../on-abort.ts'
import { checkTimeout } from '../../streams/io/stream-options.ts'
import { checkStreamThrottle } from '../../throttle/limits.ts'
import type { StreamThrottle } from '../../throttle/stream-throttle.ts'
import { type Encoding, type TextCodec, textCodec } from '../protocol/codec.ts'
import { formatCommand } from '../protocol/command.ts'
import type { Logger } from './log.ts'
import { ServerHabits } from './session/server-habits.ts'
import { type TimeoutSettings, type Timeouts, timeoutSettings } from './timeouts.ts'

/** Where a connection is to go, for a `connect` of one's own. */
export interface ConnectTarget {
  readonly host: string
  readonly port: number
  readonly purpose: 'control' | 'data'
  /** Aborts when the connection is not wanted any more. */
  readonly signal: AbortSignal
}

/** What a client waits for in active mode. */
export interface ActiveOptions {
  /**
   * The address the server is told to connect to.
   *
   * @default the address of the control connection at this end
   */
  readonly address?: string | undefined
  /**
   * The ports to listen on, both included, from 1 to 65535.
   *
   * @default any that is free
   */
  readonly ports?: { readonly from: number; readonly to: number } | undefined
}

/** How a client connects, logs in and behaves. */
export interface ClientOptions {
  /**
   * From 1 to 65535.
   *
   * @default 21, or 990 if `tls` is 'implicit'
   */
  readonly port?: number | undefined
  /**
   * 'explicit' (RFC 4217) goes over to TLS by AUTH TLS before the login, 'implicit' begins with it. Data connections are then under TLS too, and a server
   * that refuses is an error: nothing is ever sent in the clear instead.
   *
   * @default false
   */
  readonly tls?: false | 'explicit' | 'implicit' | undefined
  /** The options of `tls.connect`, for control and data connections: `ca`, `cert` and `key`, `minVersion`, `servername`, ... */
  readonly tlsOptions?: Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'socket' | 'session' | 'lookup'> | undefined
  /** @default "anonymous" */
  readonly user?: string | undefined
  /** @default "anonymous@" for the user anonymous, else "" */
  readonly password?: string | undefined
  /** For servers that ask for an account, too (RFC 959, ACCT). */
  readonly account?: string | undefined
  /**
   * How names are encoded. In 'utf8' bytes that are not UTF-8 survive: a name from a listing can be used for a command as it is.
   *
   * @default "utf8"
   */
  readonly encoding?: Encoding | undefined
  /**
   * Throttles by name that all transfers and listings pass: `read` what is downloaded, `write` what is uploaded. Commands and replies are not throttled, so that
   * a transfer can always be stopped.
   *
   * @default {}
   */
  readonly throttles?: Readonly<Record<string, StreamThrottle>> | undefined
  /**
   * How long the server may be silent, in ms, > 0; null is forever.
   *
   * @default 30_000
   */
  readonly timeout?: number | null | undefined
  /** The same for each thing on its own. @default timeout */
  readonly timeouts?: Timeouts | undefined
  /**
   * After how many ms without a command, also during a transfer, NOOP is sent, > 0; null never does. It keeps firewalls from forgetting the connection.
   *
   * @default null
   */
  readonly keepAlive?: number | null | undefined
  /**
   * 'passive': the client opens data connections, by EPSV or, if the server does not know that, PASV. 'active': the server does (EPRT, PORT).
   *
   * @default "passive"
   */
  readonly mode?: 'passive' | 'active' | undefined
  readonly active?: ActiveOptions | undefined
  /** False goes by PASV only, for what stands between and can't cope with EPSV. @default true */
  readonly epsv?: boolean | undefined
  /**
   * Whether a PASV answer may name another host than that of the control connection. By default its host is replaced: else a server could send the client
   * anywhere (RFC 2577 section 3).
   *
   * @default false
   */
  readonly allowForeignHost?: boolean | undefined
  /** MLSD if the server has it, or always LIST. @default "auto" */
  readonly listFormat?: 'auto' | 'list' | undefined
  /** Opens connections, control and data alike, through a proxy for example. TLS comes on top of what it gives. */
  readonly connect?: ((target: ConnectTarget) => Promise<Socket>) | undefined
  /** 4 or 6 for that version of IP only. @default 0, any */
  readonly family?: 0 | 4 | 6 | undefined
  /** The address to connect from. */
  readonly localAddress?: string | undefined
  /** Is told what is said and heard, with secrets masked. `diagnostics_channel` 'sluice:ftp' has the same. */
  readonly logger?: Logger | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
  /** Ends the attempt to connect; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** The options, checked and complete. */
export interface ClientSettings {
  readonly host: string
  readonly port: number
  readonly tls: false | 'explicit' | 'implicit'
  readonly tlsOptions: ConnectionOptions
  readonly user: string
  readonly password: string
  readonly account: string | undefined
  readonly codec: TextCodec
  readonly throttles: Readonly<Record<string, StreamThrottle>>
  readonly timeouts: TimeoutSettings
  readonly keepAlive: number | undefined
  readonly mode: 'passive' | 'active'
  readonly active: ActiveOptions
  readonly epsv: boolean
  readonly allowForeignHost: boolean
  readonly listFormat: 'auto' | 'list'
  readonly connect: ((target: ConnectTarget) => Promise<Socket>) | undefined
  readonly family: 0 | 4 | 6
  readonly localAddress: string | undefined
  readonly logger: Logger | undefined
  readonly clock: Clock
  readonly habits: ServerHabits
}

/** @internal */
export const CLIENT_NAMES = {
  ...{ port: true, tls: true, tlsOptions: true, user: true, password: true, account: true, encoding: true },
  ...{ throttles: true, timeout: true, timeouts: true, keepAlive: true, mode: true, active: true, epsv: true },
  ...{ allowForeignHost: true, listFormat: true, connect: true, family: true, localAddress: true, logger: true },
  clock: true,
}
const OPTIONS = optionNames<ClientOptions>({ ...CLIENT_NAMES, signal: true })
const ACTIVE_OPTIONS = optionNames<ActiveOptions>({ address: true, ports: true })
const PORT_RANGE = optionNames<NonNullable<ActiveOptions['ports']>>({ from: true, to: true })

/** Who comes from a library where `secure` is an option must not log in in the clear. @internal */
export const CLIENT_HINTS = {
  secure: "TLS is tls: 'explicit' or 'implicit'",
  host: "'host' is the first argument",
} as const

/** @throws {TypeError | RangeError} If an option is wrong. */
export function clientSettings(host: string, options: ClientOptions): ClientSettings {
  checkOptions('connect to an FTP server', options, OPTIONS, CLIENT_HINTS)
  checkHost('connect to an FTP server', host)
  const { tls = false, mode = 'passive', user = 'anonymous', listFormat = 'auto', family = 0, active = {} } = options
  checkOneOf('connect to an FTP server', 'tls', tls, [false, 'explicit', 'implicit'])
  checkOneOf('connect to an FTP server', 'mode', mode, ['passive', 'active'])
  checkOneOf('connect to an FTP server', 'listFormat', listFormat, ['auto', 'list'])
  checkOneOf('connect to an FTP server', 'family', family, [0, 4, 6])
  checkNested('connect to an FTP server', 'active', active, ACTIVE_OPTIONS)
  checkNested('connect to an FTP server', 'active.ports', active.ports, PORT_RANGE)
  const password = options.password ?? (user === 'anonymous' ? 'anonymous@' : '')
  // What can't be said is told before anything happens, and without showing it.
  formatCommand('USER', user)
  formatCommand('PASS', password)
  if (options.account !== undefined) formatCommand('ACCT', options.account)
  const throttles = options.throttles ?? {}
  for (const [name, throttle] of Object.entries(throttles)) checkStreamThrottle(name, throttle)
  checkSignal(options.signal)
  checkPorts(active.ports)
  checkAddress(active.address)
  for (const name of ['connect', 'logger'] as const) checkFunction('connect to an FTP server', name, options[name])
  return {
    host,
    port: checkPort('port', options.port ?? (tls === 'implicit' ? 990 : 21)),
    tls,
    tlsOptions: options.tlsOptions ?? {},
    user,
    password,
    account: options.account,
    codec: textCodec(options.encoding ?? 'utf8'),
    throttles,
    timeouts: timeoutSettings(options.timeout, options.timeouts),
    keepAlive: checkTimeout('keepAlive', options.keepAlive),
    mode,
    active,
    epsv: checkFlag('connect to an FTP server', 'epsv', options.epsv, true),
    allowForeignHost: checkFlag('connect to an FTP server', 'allowForeignHost', options.allowForeignHost, false),
    listFormat,
    connect: options.connect,
    family,
    localAddress: options.localAddress,
    logger: options.logger,
    clock: options.clock ?? systemClock,
    habits: new ServerHabits(),
  }
}

function checkAddress(address: string | undefined): void {
  if (address === undefined || isIP(address)) return
  throw new RangeError(`Cannot connect to an FTP server: 'active.address' must be an IP address, is ${show(address)}`)
}

function checkPort(name: string, port: number): number {
  if (typeof port !== 'number') {
    throw new TypeError(`Cannot connect to an FTP server: '${name}' must be a number, is ${show(port)}`)
  }
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new RangeError(`Cannot connect to an FTP server: '${name}' must be an integer from 1 to 65535, is ${port}`)
}

function checkPorts(ports: ActiveOptions['ports']): void {
  if (ports === undefined) return
  checkPort('active.ports.from', ports.from)
  checkPort('active.ports.to', ports.to)
  if (ports.from <= ports.to) return
  throw new RangeError(`Cannot connect to an FTP server: 'active.ports' must go up, is ${ports.from} to ${ports.to}`)
}
