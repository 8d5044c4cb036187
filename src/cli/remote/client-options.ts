import type { ClientOptions, LogEntry } from '../../ftp/client/index.ts'
import { oneLine } from '../failure.ts'
import { printable, tell } from '../tell.ts'
import { findCredentials } from './credentials.ts'
import { askSecret } from './prompt.ts'
import type { RemoteOptions } from './remote-options.ts'
import type { RemoteUrl } from './remote-url.ts'

/**
 * How to connect to where a URL leads. May ask the user for the password.
 *
 * @param write Shows a line of the dialogue.
 */
export async function clientOptionsFor(
  url: RemoteUrl,
  options: RemoteOptions,
  write: (line: string) => void = tellPlainly,
): Promise<ClientOptions> {
  const { env } = process
  const { user, password, account } = await findCredentials(url, { ...options, env, ask: askSecret })
  const tls = url.tls || (options.tls ? 'explicit' : false)
  if (options.insecure && tls && !options.quiet) {
    tell(`the certificate of ${url.host} is not checked (--insecure): whoever is between can read and change all`)
  }
  return {
    port: url.port,
    tls,
    tlsOptions: {
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      ...(options.insecure ? { rejectUnauthorized: false } : {}),
    },
    user,
    password,
    account,
    timeout: options.timeout,
    mode: options.active ? 'active' : 'passive',
    logger: options.verbose ? (entry) => write(dialogueLine(entry)) : undefined,
  }
}

const SIGNS = { command: '>', reply: '<', note: '*' } as const

/** `[1] > RETR file`. Passwords are masked already. */
export function dialogueLine({ kind, text, connection }: LogEntry): string {
  return `[${connection}] ${SIGNS[kind]} ${printable(oneLine(text))}`
}

const tellPlainly = (line: string) => {
  process.stderr.write(`${line}\n`)
}
