import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { ioFailure, UsageError } from '../failure.ts'
import { readTimeout } from '../read-option.ts'

/** How a server is reached and logged in at, whatever is done there then. */
export interface RemoteOptions {
  /** For URLs that name nobody, or the same. */
  readonly user: string | undefined
  readonly password: string | undefined
  readonly passwordFile: string | undefined
  /** Whether ftp:// goes over to TLS, too. */
  readonly tls: boolean
  /** Certificates to trust, beside which no others are, as PEM. */
  readonly ca: string | undefined
  /** Whether any certificate is good enough. */
  readonly insecure: boolean
  readonly active: boolean
  /** Milliseconds; undefined is the usual time. */
  readonly timeout: number | undefined
  readonly quiet: boolean
  /** Whether to show what is said and heard. */
  readonly verbose: boolean
}

/** Adds the options of {@link RemoteOptions} to a command. */
export function defineRemoteOptions(command: Command): Command {
  return command
    .optionsGroup('Server:')
    .option('--user <NAME[:PASSWORD]>', 'who logs in, if the URL does not say (default: anonymous)')
    .option('--password-file <FILE>', 'the password is its first line; - is standard input')
    .option('--tls', 'go over to TLS before logging in, as ftp+tls:// does')
    .option('--ca <FILE>', 'trust the certificates in this PEM file only')
    .option('--insecure', 'trust any certificate: whoever is between can read and change all')
    .option('--active', 'let the server open data connections (default: passive)')
    .option('--timeout <DURATION>', 'fail if the server is silent for so long (default: 30s)')
}

/** Reads the options of {@link RemoteOptions}. @throws {UsageError} If one can't be used; {@link Failure} if a file can't be read. */
export function readRemoteOptions(options: Readonly<Record<string, unknown>>): RemoteOptions {
  const { user, passwordFile, ca } = options as Readonly<Record<string, string | undefined>>
  const [name, password] = splitLogin(user)
  if (user !== undefined && !name) throw new UsageError('--user: Cannot use it: the name is missing')
  if (password !== undefined && passwordFile !== undefined) {
    throw new UsageError('Cannot use --password-file together with a password in --user')
  }
  if (options.quiet && options.verbose) throw new UsageError('Cannot use --quiet together with --verbose')
  if (options.insecure && ca !== undefined) throw new UsageError('Cannot use --insecure together with --ca')
  return {
    user: name,
    password,
    passwordFile,
    tls: options.tls === true,
    ca: ca === undefined ? undefined : read(ca),
    insecure: options.insecure === true,
    active: options.active === true,
    timeout: readTimeout('--timeout', options.timeout),
    quiet: options.quiet === true,
    verbose: options.verbose === true,
  }
}

/** "name:password", where the password may have colons. */
export function splitLogin(
  text: string | undefined,
): readonly [name: string | undefined, password: string | undefined] {
  const colon = text?.indexOf(':') ?? -1
  return text === undefined || colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw ioFailure('read', JSON.stringify(path), error)
  }
}
