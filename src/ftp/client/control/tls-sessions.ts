import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { ClientSettings } from '../client-options.ts'

/**
 * TLS for one control connection and its data connections. Servers may insist that a data connection resumes the session of its control
 * connection, as proof that both are of the same client. A ticket of TLS 1.3 is good for one use (RFC 8446 appendix C.4), and each data
 * connection brings new ones; so the latest is kept, and shared with no other control connection.
 */
export class TlsSessions {
  readonly #settings: ClientSettings
  #latest: Buffer | undefined

  constructor(settings: ClientSettings) {
    this.#settings = settings
  }

  /** Learns the sessions that a connection is given. */
  watch(socket: TLSSocket): TLSSocket {
    socket.on('session', (session: Buffer) => {
      this.#latest = session
    })
    return socket
  }

  /** The options of `tls.connect` for the next connection. The certificate is checked against the host of the control connection, wherever it goes. */
  options(): ConnectionOptions {
    const { tlsOptions, host } = this.#settings
    const named = tlsOptions.servername ?? host
    const check = tlsOptions.checkServerIdentity ?? checkIdentity
    return {
      ...tlsOptions,
      // Node resumes a session only with the host that it was made with (CVE-2026-48934), even if the address differs.
      host,
      // RFC 6066 section 3: an address is no server name.
      ...(isIP(named) ? {} : { servername: named }),
      checkServerIdentity: (_host, certificate) => check(named, certificate),
      ...(this.#latest === undefined ? {} : { session: this.#latest }),
    }
  }
}

/** As Node does, but for addresses of IPv6, which Node 22.23 takes for names: OpenSSL is asked for addresses first. */
function checkIdentity(named: string, certificate: PeerCertificate): Error | undefined {
  if (isIP(named) && new X509Certificate(certificate.raw).checkIP(named) !== undefined) return undefined
  return checkServerIdentity(named, certificate)
}
