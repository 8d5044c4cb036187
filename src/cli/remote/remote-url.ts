import { textCodec } from '../../ftp/protocol/codec.ts'
import { UsageError } from '../failure.ts'
import { maskedUrl } from '../masked-url.ts'
import { hostOf, portOf } from '../url-parts.ts'

/** Something on an FTP server, as a URL names it. */
export interface RemoteUrl {
  readonly tls: false | 'explicit' | 'implicit'
  readonly host: string
  /** Undefined is the usual one. */
  readonly port: number | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  /** As the server is to be told, without slashes behind it: relative to where the login leads, or absolute; empty is where the login leads. */
  readonly path: string
  /** Whether it ended with a slash, or names nothing. */
  readonly isDirectory: boolean
  /** Whether it ended with the host: not even with a slash. */
  readonly isBare: boolean
  /** As it may be shown: with `****` for the password. */
  readonly shown: string
}

const SCHEMES = new Map<string, RemoteUrl['tls']>([
  ['ftp', false],
  ['ftps', 'implicit'],
  ['ftp+tls', 'explicit'],
  ['ftpes', 'explicit'],
])

/** scheme://[user[:password]@]host[:port][/path][;type=X]. The last @ before the first slash counts: an @ in a password is often left as it is. */
const URL_PARTS =
  /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?:(?<user>[^/:]*)(?::(?<password>[^/]*))?@)?(?<host>\[[^\]/]*\]|[^/:@[\]]*)(?::(?<port>[^/@]*))?(?<path>\/.*)?$/is

/** RFC 1738 section 3.2.2. Transfers are binary whatever it says; `d` is a listing. */
const TYPE = /;type=([aid])$/i

/** `localhost`, or an address by its numbers: nobody's name. */
const isAddress = (host: string) => /^(localhost|\[.*\]|\d+(\.\d+){3})$/i.test(host)

/** Whether a text is meant as a URL, not as a path. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text)
}

/**
 * Reads a URL of FTP: RFC 1738 section 3.2, and what people write. In FTP there is no query and no fragment: `?` and `#` are parts of names.
 *
 * @throws {UsageError} That shows the URL, but no password.
 */
export function parseRemoteUrl(text: string): RemoteUrl {
  const fail = (reason: string): never => {
    throw new UsageError(`Cannot use ${JSON.stringify(maskedUrl(text))} as a URL: ${reason}`)
  }
  const parts = URL_PARTS.exec(text)?.groups
  if (!parts) return fail('it must be like ftp://user@host/path')
  const { scheme = '', host = '', port, path = '' } = parts
  const tls = SCHEMES.get(scheme.toLowerCase())
  if (tls === undefined) return fail('it must begin with ftp://, ftps:// (implicit TLS) or ftp+tls:// (explicit TLS)')
  // A password with a slash would be taken for a path, and be shown. In place of an address nobody has a name to log in with.
  if (parts.user === undefined && port !== undefined && path.includes('@') && !isAddress(host)) {
    return fail('a / in a user or password is written %2F, and an @ in a path %40')
  }
  const [user, password] = [parts.user, parts.password].map((part) => part && decoded(part, fail))
  const rawPath = path.replace(TYPE, '')
  const isListing = TYPE.exec(path)?.[1]?.toLowerCase() === 'd'
  // What stands behind the slash that ends the host: one more slash, or %2F, begins a path from the root.
  const remote = decoded(rawPath.slice(1), fail)
  const secret = parts.password === undefined ? '' : ':****'
  // A colon that was encoded divides nothing, but whoever wrote it may have meant it to.
  const login = parts.user === undefined ? '' : `${parts.user.replace(/%3a.*/is, '%3A****')}${secret}@`
  return {
    tls,
    host: hostOf(host, fail),
    port: port === undefined ? undefined : portOf(port, fail),
    // "ftp://@host" names nobody, but ":@" means a password that is empty.
    user: user || undefined,
    password: parts.password === undefined ? undefined : (password ?? ''),
    path: remote.replace(/(?<!^)\/+$/, '').replace(/^\/+/, '/'),
    isDirectory: remote === '' || remote.endsWith('/') || isListing,
    isBare: path === '',
    shown: `${scheme}://${login}${host}${port === undefined ? '' : `:${port}`}${path}`,
  }
}

const codec = textCodec('utf8')

/** Percent signs stand for bytes, which need not be UTF-8. */
function decoded(text: string, fail: (reason: string) => never): string {
  if (/%(?![0-9a-f]{2})/i.test(text)) return fail('a % must be followed by two hexadecimal digits (itself it is %25)')
  const bytes = Buffer.from(text)
    .toString('latin1')
    .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const plain = codec.decode(Buffer.from(bytes, 'latin1'))
  return /[\r\n\0]/.test(plain) ? fail('there must be no line break and no NUL in it') : plain
}
