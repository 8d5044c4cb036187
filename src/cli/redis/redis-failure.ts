import { inspect } from 'node:util'
import { BudgetError, OutageError } from '../../redis/index.ts'
import { formatDuration } from '../../units.ts'
import { Failure, oneLine } from '../failure.ts'
import type { RedisUrl } from './redis-url.ts'
import { Silence } from './silence.ts'

type Explanation = readonly [state: string, advice: string]

const ADDRESS = 'check the host and the port'
const TLS_ADDRESS = 'check the host and the port, and whether TLS is spoken there'
const NO_REDIS = ['it speaks as no Redis does', ADDRESS] as const
const LOGIN = 'check the user and the password'
const TRUST = 'have Node trust who signed it with NODE_EXTRA_CA_CERTS'

/** Codes of the system, of OpenSSL and of Node. */
const CODES: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: ['nothing listens there', ADDRESS],
  ENOTFOUND: ['the name of the host is not known', 'check it'],
  EAI_AGAIN: ['the name of the host could not be looked up', 'check the network'],
  EHOSTUNREACH: ['the host can not be reached', 'check the network'],
  ENETUNREACH: ['the network can not be reached', 'check the network'],
  ETIMEDOUT: ['the host does not answer', 'check the host and the network'],
  ECONNRESET: ['it broke the connection', 'check whether it is a Redis, and whether it wants TLS (rediss://)'],
  EPIPE: ['it broke the connection', 'check whether it is a Redis, and whether it wants TLS (rediss://)'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['its certificate is signed by itself', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: ['its certificate is signed by nobody who is trusted here', TRUST],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['it is not known who signed its certificate', TRUST],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['it is not known who signed its certificate', TRUST],
  CERT_HAS_EXPIRED: ['its certificate has expired', 'tell its owner'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['its certificate is for another host', 'use the name it is for'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['it does not begin with TLS', 'try redis:// in place of rediss://'],
}

/** The first word of what Redis answers. */
const REPLIES: Readonly<Record<string, Explanation>> = {
  WRONGPASS: ['it refused the password', LOGIN],
  NOAUTH: ['it asks for a password', 'give one in the URL, with --redis-password-file or in SLUICE_REDIS_PASSWORD'],
  NOPERM: ['the user may not do what sharing a budget needs', 'give it the rights that the documentation lists'],
  READONLY: ['it is a replica, where nothing can be written', 'name its master'],
  MOVED: [
    'it is a node of a cluster, and sends elsewhere who asks',
    "check the cluster with 'redis-cli --cluster check', and name a node by an address that it knows itself by",
  ],
  ASK: ['it is a node of a cluster that is being moved', 'try again later'],
  CLUSTERDOWN: ['the cluster is down', 'try again later'],
  LOADING: ['it is still loading its data', 'try again in a moment'],
  MASTERDOWN: ['it is a replica without its master', 'name the master'],
  OOM: ['its memory is full', 'raise its maxmemory'],
}

export interface RedisContext {
  readonly url: RedisUrl
  readonly password: string | undefined
  /** Milliseconds. */
  readonly timeout: number
}

/** Why Redis can't be used. Neither text has the password in it. */
export class RedisFailure extends Failure {
  /** The state alone, without what could not be done and what to do next. */
  readonly reason: string
  /** Whether it may pass by itself: nothing that was asked for is wrong. */
  readonly mayPass: boolean
  /** What to do next, if that is known. */
  readonly advice: string | undefined
  constructor(
    code: string,
    message: string,
    [reason, advice]: readonly [reason: string, advice: string | undefined],
    mayPass: boolean,
    options: ErrorOptions,
  ) {
    super(code, message, options)
    this.reason = reason
    this.advice = advice
    this.mayPass = mayPass
  }
}

/** Says why Redis can't be used, and what to do next. A failure that says so already is given back. */
export function redisFailure(cause: unknown, { url, password, timeout }: RedisContext): Failure {
  if (cause instanceof Failure) return cause
  if (cause instanceof BudgetError) {
    return new Failure(cause.code, `${oneLine(cause.message)}; share another budget, or clear that key`, { cause })
  }
  if (cause instanceof OutageError && cause.cause instanceof Error) {
    return redisFailure(cause.cause, { url, password, timeout })
  }
  const [state, advice] = explain(cause, url.tls, timeout) ?? [oneLine(without(textOf(cause), password))]
  const message = `Cannot use ${url.shown}: ${state}${advice ? `; ${advice}` : ''}`
  const { code = 'ERR_REDIS' } = Object(cause) as { readonly code?: string }
  const options = isClean(cause, password) ? { cause } : {}
  return new RedisFailure(code, message, [state, advice], mayPass(cause, code), options)
}

/** Commands that have the password in them, and what is answered to them. */
const LOGINS = /\b(?:HELLO|AUTH|WRONGPASS|NOAUTH|unknown command)\b|with args beginning/i

/** Servers repeat what they don't understand: the password, too, or the beginning of it. */
function isClean(cause: unknown, password: string | undefined): boolean {
  const text = inspect(cause, { depth: 10 })
  return !LOGINS.test(text) && (!password || !text.includes(password.slice(0, SHORTEST_PART)))
}

/** So many characters of a password tell that it is one. */
const SHORTEST_PART = 16

/** The state alone, in the words of a failure. */
export const reasonIn = (failure: Failure): string =>
  failure instanceof RedisFailure ? failure.reason : failure.message

/** What an outage or a failover brings, among what Redis answers. */
const PASSING = new Set(['READONLY', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'OOM', 'TRYAGAIN', 'BUSY'])
/** Network errors that tell of something that is not there, not of something that is wrong. */
const ABSENT = /^(ECONN|EHOST|ENET|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EPIPE)/

function mayPass(cause: unknown, code: string): boolean {
  if (cause instanceof Silence || ABSENT.test(code)) return true
  const message = textOf(cause)
  return (
    PASSING.has(message.split(' ', 1)[0] ?? '') || /socket closed|connection timeout|does not answer/i.test(message)
  )
}

function explain(cause: unknown, tls: boolean, timeout: number): Explanation | undefined {
  if (cause instanceof Silence) {
    return [`there was no answer for ${formatDuration(timeout, { exact: true })}`, tls ? TLS_ADDRESS : ADDRESS]
  }
  const { code = '', name } = Object(cause) as Partial<NodeJS.ErrnoException>
  const message = textOf(cause)
  const known = CODES[code]
  if (known) return [`${known[0]} (${code})`, known[1]]
  const [word = ''] = message.split(' ', 1)
  const reply = REPLIES[word]
  if (reply) return [`${reply[0]} (${word})`, reply[1]]
  if (/DB index is out of range|invalid DB index/i.test(message)) return ['there is no such database', 'check ?db=']
  if (/SELECT is not allowed in cluster/i.test(message)) {
    return ['it is of a cluster, which has no databases but 0', 'leave out ?db=']
  }
  if (/called without any password/.test(message)) return ['it has no password', 'leave it out']
  if (/unknown command [`'"]?(HELLO|AUTH)\b/i.test(message)) return ['it is older than Redis 6', 'name a newer one']
  if (/Unknown RESP type|Cannot read the reply of Redis|Invalid RESP/i.test(message)) return NO_REDIS
  if (name === 'SocketClosedUnexpectedlyError' || /socket closed unexpectedly/i.test(message)) {
    return ['it broke the connection', 'check whether it is a Redis, and whether it wants TLS (rediss://)']
  }
  if (/connection timeout/i.test(message)) return ['the host does not answer', tls ? TLS_ADDRESS : ADDRESS]
  return undefined
}

function textOf(cause: unknown): string {
  if (cause instanceof OutageError) return cause.state
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}

function without(text: string, password: string | undefined): string {
  // Redis 5 and proxies repeat arguments, cut to 128 characters.
  const kept = text.replace(/,? with args beginning.*/is, '')
  if (!password) return kept
  const whole = kept.replaceAll(password, '****')
  const part = password.length > SHORTEST_PART ? whole.indexOf(password.slice(0, SHORTEST_PART)) : -1
  return part < 0 ? whole : `${whole.slice(0, part)}****`
}
