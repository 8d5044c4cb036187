import { ReplyError, TlsError } from '../../errors.ts'

/**
 * What servers say when there are too many connections of a user: most with 421, ProFTPD and Serv-U with 530, as if the password were wrong. Nothing of it is
 * about attempts, which there can be too many of, too.
 */
const TOO_MANY = /\b(many|maximum|limit|already)\b/i
const WRONG = /attempt|fail|password|incorrect|invalid/i

/** Whether the server has refused the user and the password, not just one connection more. */
export function isRefusedLogin(error: unknown): boolean {
  if (!(error instanceof ReplyError) || error.replyCode !== 530 || error.command === '') return false
  const text = error.lines.join(' ')
  return WRONG.test(text) || !TOO_MANY.test(text)
}

/**
 * Whether every attempt to open a connection will end so, as long as nobody is let in: the login or TLS was refused, the certificate is not trusted, or there is no
 * such host. A greeting that refuses is of one connection.
 */
export function isFinal(error: unknown): boolean {
  if (error instanceof ReplyError) {
    if (error.replyCode === 530) return isRefusedLogin(error)
    return error.command !== '' && !error.isTransient
  }
  if (error instanceof TypeError || error instanceof RangeError || error instanceof TlsError) return true
  return error instanceof Error && 'code' in error && error.code === 'ENOTFOUND'
}
