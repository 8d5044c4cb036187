import type { Socket } from 'node:net'
import type { CipherNameAndProtocol, DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** One end of a connection. */
export interface Endpoint {
  readonly address: string
  readonly port: number
  /** 'IPv4' or 'IPv6'. */
  readonly family: string
}

/** What `getExtraInfo` knows, by name. The names are those of Python's asyncio, so far as Node knows the thing. */
export interface ExtraInfo {
  /** The other side of a TCP or TLS connection. */
  peername: Endpoint
  /** This side of a TCP or TLS connection. */
  sockname: Endpoint
  /** The socket: the stream itself, or that of an HTTP request or response. */
  socket: Socket
  /** The socket, if it is a TLS one. */
  ssl_object: TLSSocket
  /** TLS: the cipher suite and the protocol version that it comes from. */
  cipher: CipherNameAndProtocol
  /** TLS: the certificate that the other side showed, with its chain. */
  peercert: DetailedPeerCertificate
  /** TLS: the protocol version, such as 'TLSv1.3'. */
  tls_version: string
  /** TLS: the protocol that ALPN agreed on, such as 'http/1.1'. */
  alpn_protocol: string
}

/** Looks at `stream`, which can be anything, by the methods that it has. */
export function extraInfo(stream: object, name: string): unknown {
  const socket = socketOf(stream)
  if (socket === undefined || !Object.hasOwn(ofSocket, name)) return undefined
  return ofSocket[name as keyof ExtraInfo](socket)
}

const ofSocket: { [Name in keyof ExtraInfo]: (socket: Socket) => ExtraInfo[Name] | undefined } = {
  peername: (socket) => endpoint(socket.remoteAddress, socket.remotePort, socket.remoteFamily),
  sockname: (socket) => endpoint(socket.localAddress, socket.localPort, socket.localFamily),
  socket: (socket) => socket,
  ssl_object: (socket) => tlsOf(socket),
  cipher: (socket) => {
    const cipher = tlsOf(socket)?.getCipher()
    return cipher?.name ? cipher : undefined // empty before the handshake
  },
  peercert: (socket) => {
    const certificate = tlsOf(socket)?.getPeerCertificate(true)
    // Empty if the other side showed none.
    return certificate && Object.keys(certificate).length > 0 ? certificate : undefined
  },
  tls_version: (socket) => tlsOf(socket)?.getProtocol() ?? undefined,
  alpn_protocol: (socket) => tlsOf(socket)?.alpnProtocol || undefined, // null or false when nothing was agreed on
}

function socketOf(stream: object): Socket | undefined {
  if (isSocket(stream)) return stream
  const { socket } = stream as { socket?: unknown } // of an HTTP request or response, while it has one
  return typeof socket === 'object' && socket !== null && isSocket(socket) ? socket : undefined
}

function isSocket(stream: object): stream is Socket {
  return 'setNoDelay' in stream && 'remoteAddress' in stream
}

function tlsOf(socket: Socket): TLSSocket | undefined {
  return 'encrypted' in socket && 'getCipher' in socket ? (socket as TLSSocket) : undefined
}

function endpoint(address?: string, port?: number, family?: string): Endpoint | undefined {
  if (address === undefined || port === undefined) return undefined
  return { address, port, family: family ?? (address.includes(':') ? 'IPv6' : 'IPv4') }
}
