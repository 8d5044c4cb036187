import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext, type TlsOptions } from 'node:tls'
import type { ServerOptions, User } from '../../ftp/server/index.ts'
import { parseRate } from '../../units.ts'
import { Failure, ioFailure, oneLine, UsageError } from '../failure.ts'
import { readCount, readList, readOption, readTimeout } from '../read-option.ts'
import { readShareOptions, type ShareOptions } from '../redis/share-options.ts'
import { splitLogin } from '../remote/remote-options.ts'

/** What `sluice serve` is asked to do, checked. */
export interface ServeOptions {
  /** The folder that is served. */
  readonly root: string
  readonly host: string
  /** 0 is any that is free. */
  readonly port: number
  readonly server: ServerOptions
  /** Bytes per second in each direction, or null. */
  readonly limit: number | null
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** A budget to share with others, if any: for both directions together. */
  readonly share: ShareOptions | undefined
}

/**
 * @param options By name, as commander gives them.
 * @throws {UsageError} If one can't be used, or two contradict each other; {@link Failure} if a key can't be read.
 */
export function readServeOptions(
  root: string,
  options: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): ServeOptions {
  if (root === '') throw new UsageError('DIR: Cannot serve "": it must be the path of a folder')
  if (options.quiet && options.verbose) throw new UsageError('Cannot use --quiet together with --verbose')
  const limit = readOption('--limit', options.limit, parseRate) ?? null
  const perConnection = readOption('--limit-per-connection', options.limitPerConnection, parseRate) ?? null
  const perUser = readOption('--limit-per-user', options.limitPerUser, parseRate) ?? null
  const host = typeof options.host === 'string' ? options.host : '127.0.0.1'
  const allowed = { permissions: permissionsOf(options, host), limits: { userGlobal: perUser } } as const
  const logins = readList(options.user).map((text) => ({ ...loginOf(text, env), ...allowed }))
  const tls = readTls(options)
  return {
    root,
    host,
    port: readCount('--port', options.port, 0, 65_535) ?? 2121,
    limit,
    server: {
      root,
      ...(logins.length > 0 ? { users: distinct(logins) } : { anonymous: allowed }),
      ...(tls ? { tls, requireTls: options.requireTls === true } : {}),
      tlsMode: options.implicitTls ? 'implicit' : 'explicit',
      limits: { serverGlobal: limit, serverPerConnection: perConnection },
      passivePorts: portsOf(options.passivePorts),
      maxConnections: readCount('--max-connections', options.maxConnections, 1, 1_000_000),
      idleTimeout: readTimeout('--idle-timeout', options.idleTimeout),
    },
    json: options.json === true,
    quiet: options.quiet === true,
    verbose: options.verbose === true,
    share: readShareOptions(options, env),
  }
}

/** Whoever is not named may write only where nobody else can come from, unless that is asked for. */
function permissionsOf({ user, readOnly, writable }: Readonly<Record<string, unknown>>, host: string) {
  if (readOnly && writable) throw new UsageError('Cannot use --read-only together with --writable')
  if (user !== undefined || readOnly || writable || isLoopback(host)) return readOnly ? 'read-only' : 'all'
  throw new UsageError(
    `Cannot let anybody write who reaches ${host}: name users with --user, add --read-only, or allow it with --writable`,
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function loginOf(text: string, env: Readonly<Record<string, string | undefined>>): Pick<User, 'name' | 'password'> {
  const [name, password = env.SLUICE_FTP_PASSWORD] = splitLogin(text)
  if (!name) throw new UsageError('--user: Cannot use it: the name is missing')
  if (password !== undefined) return { name, password }
  throw new UsageError(
    `--user: Cannot use ${JSON.stringify(name)}: give it a password, as NAME:PASSWORD or in SLUICE_FTP_PASSWORD`,
  )
}

function distinct(users: readonly User[]): readonly User[] {
  const names = users.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice === undefined) return users
  throw new UsageError(`--user: Cannot use ${JSON.stringify(twice)} twice: name each user once`)
}

function portsOf(text: unknown): ServerOptions['passivePorts'] {
  if (typeof text !== 'string') return undefined
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (from >= 1 && to <= 65_535 && from <= to) return { from, to }
  throw new UsageError(
    `--passive-ports: Cannot use ${JSON.stringify(text)}: it must be two ports from 1 to 65535, such as 50000-50099`,
  )
}

function readTls({
  tlsCert,
  tlsKey,
  implicitTls,
  requireTls,
}: Readonly<Record<string, unknown>>): TlsOptions | undefined {
  if (typeof tlsCert !== 'string') {
    for (const [name, value] of Object.entries({
      '--tls-key': tlsKey,
      '--implicit-tls': implicitTls,
      '--require-tls': requireTls,
    })) {
      if (value) throw new UsageError(`Cannot use ${name} without --tls-cert`)
    }
    return undefined
  }
  const cert = readPem(tlsCert)
  const key = typeof tlsKey === 'string' ? readPem(tlsKey) : cert
  if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(key)) {
    throw new UsageError(
      `--tls-cert: Cannot use ${JSON.stringify(tlsKey ?? tlsCert)}: it has no private key; name its file with --tls-key`,
    )
  }
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    const { message, code = 'ERR_TLS' } = cause as NodeJS.ErrnoException
    throw new Failure(
      code,
      `Cannot use ${JSON.stringify(tlsCert)} for TLS: ${oneLine(message)}; check whether it goes with the key`,
      { cause },
    )
  }
  return { cert, key }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw ioFailure('read', JSON.stringify(path), error)
  }
}
