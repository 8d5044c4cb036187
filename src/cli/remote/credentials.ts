import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure, ioFailure, UsageError } from '../failure.ts'
import { firstLineOf } from '../first-line.ts'
import { tell } from '../tell.ts'
import { findLogin, type NetrcEntry, parseNetrc } from './netrc.ts'
import type { RemoteUrl } from './remote-url.ts'

/** Who logs in. */
export interface Credentials {
  /** Undefined is anonymous. */
  readonly user: string | undefined
  readonly password: string | undefined
  readonly account: string | undefined
}

export interface CredentialSources {
  /** Of the option --user: for URLs that name none, and its password for those that name the same. */
  readonly user: string | undefined
  readonly password: string | undefined
  readonly passwordFile: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asks the user; undefined is no answer. */
  readonly ask: (question: string) => Promise<string | undefined>
}

/**
 * Finds out who logs in, and with which password: that of the URL, or of --user if that is the same user, else of --password-file, of SLUICE_FTP_PASSWORD, of .netrc, or
 * what the user types. Who names no user, and has none in .netrc, is anonymous.
 *
 * @throws {UsageError} If there is a user and no password. {@link Failure} if a file can't be read.
 */
export async function findCredentials(url: RemoteUrl, sources: CredentialSources): Promise<Credentials> {
  const { env, passwordFile, ask } = sources
  const user = url.user ?? sources.user
  const given = user === sources.user ? sources.password : undefined
  const password = url.password ?? given
  if (user === undefined) {
    if (passwordFile !== undefined) {
      throw new UsageError(`Cannot use --password-file for ${url.shown}: there is no user; name one with --user`)
    }
    const found = await fromNetrc(url.host, undefined, env)
    return { user: found?.login, password: found?.password, account: found?.account }
  }
  if (password !== undefined) return { user, password, account: undefined }
  if (passwordFile !== undefined) return { user, password: await firstLineOf(passwordFile), account: undefined }
  if (env.SLUICE_FTP_PASSWORD !== undefined) return { user, password: env.SLUICE_FTP_PASSWORD, account: undefined }
  const found = await fromNetrc(url.host, user, env)
  if (found?.password !== undefined) return { user, password: found.password, account: found.account }
  if (user.toLowerCase() === 'anonymous') return { user, password: undefined, account: undefined }
  const typed = await ask(`Password of ${user} at ${url.host}: `)
  if (typed !== undefined) return { user, password: typed, account: found?.account }
  throw new UsageError(
    `Cannot log in at ${url.shown}: there is no password; give one by --password-file, SLUICE_FTP_PASSWORD or .netrc`,
  )
}

async function fromNetrc(
  host: string,
  user: string | undefined,
  env: CredentialSources['env'],
): Promise<NetrcEntry | undefined> {
  const isNamed = env.NETRC !== undefined && env.NETRC !== ''
  const path = isNamed ? String(env.NETRC) : join(homedir(), process.platform === 'win32' ? '_netrc' : '.netrc')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isNamed) throw ioFailure('read', JSON.stringify(path), error)
    // Nobody has asked for it, and it may be another user's, as with sudo -u.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      tell(`${ioFailure('read', JSON.stringify(path), error).message}; going on without it`)
    }
    return undefined
  }
  let found: NetrcEntry | undefined
  try {
    found = findLogin(parseNetrc(text), host, user)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const reason = `Cannot read ${JSON.stringify(path)}: ${error.message}; mend it, or name another one with NETRC`
    throw new Failure('ERR_NETRC', reason, { cause: error })
  }
  if (found?.password !== undefined) await warnIfOpen(path)
  return found
}

/** Passwords are nobody else's business. */
async function warnIfOpen(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const found = await stat(path)
  if (found.isFile() && found.mode & 0o077)
    tell(`${JSON.stringify(path)} has passwords, and others may read it; run chmod 600 on it`)
}
