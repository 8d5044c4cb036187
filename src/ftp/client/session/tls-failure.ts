import { TimeoutError } from '../../../errors.ts'
import { TlsError, type TlsRemedy } from '../../errors.ts'
import type { ClientSettings } from '../client-options.ts'
import { nameTimeout } from '../control/name-timeout.ts'

type Known = readonly [state: string, remedy: TlsRemedy | undefined]

const VERSION = 'the server speaks no version of TLS that is allowed here'

/** Codes of OpenSSL and of Node. */
const KNOWN: Readonly<Record<string, Known>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: ['the certificate of the server is signed by itself', 'trust'],
  SELF_SIGNED_CERT_IN_CHAIN: ['the certificate of the server is signed by nobody who is trusted here', 'trust'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['it is not known who signed the certificate of the server', 'trust'],
  UNABLE_TO_GET_ISSUER_CERT: ['it is not known who signed the certificate of the server', 'trust'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['it is not known who signed the certificate of the server', 'trust'],
  CERT_UNTRUSTED: ['the certificate of the server is not trusted here', 'trust'],
  CERT_HAS_EXPIRED: ['the certificate of the server has expired', 'renew'],
  CERT_NOT_YET_VALID: ['the certificate of the server is not valid yet', 'renew'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['the certificate of the server is for another host', 'name'],
  HOSTNAME_MISMATCH: ['the certificate of the server is for another host', 'name'],
  ERR_SSL_UNSUPPORTED_PROTOCOL: [VERSION, 'version'],
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: [VERSION, 'version'],
}

const NO_TLS = 'what answers there does not begin with TLS'

/** What a handshake has failed with, in words if it is of TLS: what the network or the user's own check says comes as it is. */
export function tlsFailure(error: unknown, { host, tls }: ClientSettings): unknown {
  if (error instanceof TimeoutError) return nameTimeout(error, host)
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error
  const [state, remedy] = known(error.code, tls) ?? []
  if (state !== undefined) return new TlsError(host, { tlsCode: error.code, state, remedy }, { cause: error })
  if (!/^(ERR_SSL_|CERT_|UNABLE_TO_|INVALID_)/.test(error.code)) return error
  return new TlsError(host, { tlsCode: error.code, state: stateOf(error), remedy: undefined }, { cause: error })
}

/** Messages of OpenSSL have the place in its source, and a line break: what is the matter stands in `reason`. */
function stateOf(error: Error & { readonly reason?: unknown }): string {
  return typeof error.reason === 'string' ? error.reason : error.message.trim().replace(/\s*\n\s*/g, ' ')
}

function known(code: string, tls: ClientSettings['tls']): Known | undefined {
  // The greeting of a server that is not under TLS is taken for the beginning of TLS.
  const isGreeting = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG'
  if (isGreeting) return [NO_TLS, tls === 'implicit' ? 'explicit' : undefined]
  return KNOWN[code]
}
