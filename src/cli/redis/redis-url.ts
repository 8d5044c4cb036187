import { keysOf } from '../../redis/keys.ts'
import { maskedUrl } from '../masked-url.ts'
import { hostOf, portOf } from '../url-parts.ts'

/** A Redis, and a budget in it, as a URL names them. */
export interface RedisUrl {
  /** Whether it is rediss://. */
  readonly tls: boolean
  readonly host: string
  /** 6379 is the usual one. */
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
  /** The number of the database, 0 being the usual one. */
  readonly db: number
  /** The name of the budget, or undefined if it names none. */
  readonly name: string | undefined
  /** As it may be shown: with `****` for the password. */
  readonly shown: string
}

/** redis[s]://[[user][:password]@]host[:port][/NAME][?db=N]. The last @ before the first slash counts: an @ in a password is often left as it is. */
const URL_PARTS =
  /^(?<scheme>rediss?):\/\/(?:(?<user>[^/:?#]*)(?::(?<password>[^/]*))?@)?(?<host>\[[^\]/]*\]|[^/:@[\]?#]*)(?::(?<port>[^/@?#]*))?(?:\/(?<name>[^?#]*))?(?:\?(?<query>[^#]*))?$/is

const DEFAULT_PORT = 6379
const MOST_DATABASES = 1_000_000

/**
 * Reads the URL of a budget.
 *
 * @throws {RangeError} That shows the URL, but no password.
 */
export function parseRedisUrl(text: string): RedisUrl {
  const fail = (reason: string): never => {
    throw new RangeError(`Cannot use ${JSON.stringify(maskedUrl(text))} as a budget: ${reason}`)
  }
  const parts = URL_PARTS.exec(text)?.groups
  if (!parts) {
    if (!/^rediss?:\/\//i.test(text)) return fail('it must begin with redis:// or rediss:// (TLS)')
    return fail('it must be like redis://user:password@host:6379/NAME (a / or # in any of these is written %2F or %23)')
  }
  const { scheme = '', host = '', port, query = '' } = parts
  // Else a password with a slash would be taken for a name, and be shown.
  if (parts.name?.includes('@'))
    return fail('there must be no @ in the name (write %40), and no / in a user or password (write %2F)')
  const [user, password, name] = [parts.user, parts.password, parts.name].map((part) => part && decoded(part, fail))
  if (name) checkBudget(name, fail)
  const secret = parts.password === undefined ? '' : ':****'
  // A colon that was encoded divides nothing, but whoever wrote it may have meant it to.
  const login = parts.user === undefined ? '' : `${parts.user.replace(/%3a.*/is, '%3A****')}${secret}@`
  const address = `${host}${port === undefined ? '' : `:${port}`}`
  const db = databaseOf(query, fail)
  return {
    tls: scheme.toLowerCase() === 'rediss',
    host: hostOf(host, fail),
    port: port === undefined ? DEFAULT_PORT : portOf(port, fail),
    user: user || undefined,
    password: parts.password === undefined ? undefined : (password ?? ''),
    db,
    name: name || undefined,
    shown: `${scheme}://${login}${address}/${parts.name ?? ''}${db === 0 ? '' : `?db=${db}`}`,
  }
}

function checkBudget(name: string, fail: (reason: string) => never): void {
  try {
    keysOf(name)
  } catch {
    fail('the name of a budget must be of 1 to 256 characters, without braces and control characters')
  }
}

/** Where other programs have the number of the database as the path, here is the name of the budget. */
function databaseOf(query: string, fail: (reason: string) => never): number {
  if (query === '') return 0
  const [, text = ''] = /^db=(\d+)$/i.exec(query) ?? []
  const db = Number(text)
  if (text !== '' && db < MOST_DATABASES) return db
  return fail('all that may stand behind its ? is the number of a database, such as ?db=1')
}

function decoded(text: string, fail: (reason: string) => never): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return fail('a % must be followed by two hexadecimal digits that make UTF-8 (itself it is %25)')
  }
}
