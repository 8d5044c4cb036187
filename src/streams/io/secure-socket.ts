import { isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'

/**
 * Puts TLS on a connected socket; the handshake begins.
 *
 * @param host Whom the certificate must be for, unless `options` say otherwise.
 */
export function secureSocket(socket: Socket, options: ConnectionOptions, host: string | undefined): TLSSocket {
  const named = options.servername ?? host
  return connect({
    ...options,
    socket,
    // Only the check of the certificate uses it, as the connection exists already.
    ...(named === undefined ? {} : { host: named }),
    // RFC 6066 section 3: an address is no server name.
    ...(named === undefined || isIP(named) ? {} : { servername: named }),
  })
}
