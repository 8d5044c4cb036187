import type { ReplyError } from '../../ftp/errors.ts'

/** What to do about a reply, by its code (RFC 959 section 4.2.2, RFC 4217). */
const REPLIES: Readonly<Record<number, string>> = {
  332: 'put the account into .netrc',
  421: 'try again later, or add --retry 5',
  425: 'check the firewalls, or try --active',
  426: 'start again, or add --retry 5',
  450: 'try again later',
  451: 'try again later',
  452: 'free space there',
  521: 'add --tls',
  522: 'add --tls',
  530: 'check the user and the password',
  534: 'try without TLS, if all may be read on its way',
  550: 'check the path, and what the user may do there',
  552: 'free space there',
  553: 'check the name, and what the user may do there',
}

/**
 * How servers refuse a login because it is in the clear, with 421, 503, 530, 534 or 550. Of a certificate they speak to those who have TLS already.
 */
const WANTS_TLS = /^(?!.*certificate).*(\b(TLS|SSL|AUTH)\b|encrypt|clear.?text)/is

const IS_MISSING = /no such|not found|(not|n't) exist|not there/i

/** What to do about a reply. @param verb What the command line was to do. */
export function adviceOn({ replyCode, lines, command }: ReplyError, verb: string): string | undefined {
  const text = lines.join('\n')
  if (command.startsWith('AUTH') && replyCode >= 500) return 'use ftp:// if all may be read on its way'
  if (/^(USER|PASS)\b/.test(command) && WANTS_TLS.test(text)) return 'use ftp+tls://, or add --tls'
  const isRefused = replyCode === 550 || replyCode === 553
  if (verb === 'put' && isRefused && /^(STOR|APPE)\b/.test(command) && IS_MISSING.test(text)) {
    return 'the directory of a file must be there: make it first, or send a folder with -r'
  }
  return REPLIES[replyCode]
}
