import { inspect } from 'node:util'
import { formatDuration } from '../../units.ts'
import { Failure, oneLine } from '../failure.ts'
import type { RedisUrl } from './redis-url.ts'
import { Silence } from './silence.ts'

type Explanation = readonly [state: string, advice: string]

const ADDRESS = 'check the host and the port'
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
  MOVED: ['it is a node of a cluster', 'name it by an address that it knows itself by'],
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

/** Says why Redis can't be used: as a failure with advice, and as the reason alone. Neither has the password in it. */
export function redisFailure(
  cause: unknown,
  { url, password, timeout }: RedisContext,
): { readonly failure: Failure; readonly reason: string } {
  if (cause instanceof Failure) return { failure: cause, reason: cause.message }
  const [state, advice] = explain(cause, timeout) ?? [oneLine(without(textOf(cause), password))]
  const message = `Cannot use ${url.shown}: ${state}${advice ? `; ${advice}` : ''}`
  const { code = 'ERR_REDIS' } = Object(cause) as { readonly code?: string }
  // Old servers repeat what they don't understand, the password too.
  const isClean = !password || !inspect(cause).includes(password)
  return { failure: new Failure(code, message, isClean ? { cause } : {}), reason: state }
}

function explain(cause: unknown, timeout: number): Explanation | undefined {
  if (cause instanceof Silence) {
    return [`there was no answer for ${formatDuration(timeout, { exact: true })}`, ADDRESS]
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
  if (/unknown command.*HELLO/i.test(message)) return ['it is older than Redis 6', 'name a newer one']
  if (name === 'SocketClosedUnexpectedlyError' || /socket closed unexpectedly/i.test(message)) {
    return ['it broke the connection', 'check whether it is a Redis, and whether it wants TLS (rediss://)']
  }
  if (/connection timeout/i.test(message)) return ['the host does not answer', ADDRESS]
  return undefined
}

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message || cause.name : String(cause))

function without(text: string, password: string | undefined): string {
  return password ? text.replaceAll(password, '****') : text
}
