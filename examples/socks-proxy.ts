/**
 * FTP through a SOCKS5 proxy that wants no login (RFC 1928): `connect` opens the control connection and all data connections.
 *
 *     npx tsx examples/socks-proxy.ts [host] [port] [host of the proxy] [port of the proxy]
 */
import { once } from 'node:events'
import net from 'node:net'
import { Client, type ConnectTarget } from 'sluice/ftp'

const [host = 'ftp.example.com', port = '21', proxyHost = '127.0.0.1', proxyPort = '1080'] = process.argv.slice(2)

async function connectBySocks({ host, port, signal }: ConnectTarget): Promise<net.Socket> {
  const socket = net.connect({ host: proxyHost, port: Number(proxyPort) })
  try {
    await once(socket, 'connect', { signal })
    socket.write(Uint8Array.of(5, 1, 0)) // version 5, one method: no login
    const [, method] = await take(socket, 2, signal)
    if (method !== 0) throw new Error(`Cannot connect to ${host}: the proxy wants a login`)
    const name = Buffer.from(host)
    socket.write(Buffer.of(5, 1, 0, 3, name.length, ...name, port >> 8, port & 255)) // connect to a name, or an address
    const [, refusal, , kind] = await take(socket, 4, signal)
    if (refusal !== 0) throw new Error(`Cannot connect to ${host}: the proxy refuses, code ${refusal}`)
    // Where the proxy connects from: an address of IPv4 or IPv6, or a name behind its length; and a port.
    const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await take(socket, 1, signal))[0] ?? 0)
    await take(socket, length + 2, signal)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** So many bytes and no more: those behind them are the server's. */
async function take(socket: net.Socket, count: number, signal: AbortSignal): Promise<Buffer> {
  const taken: number[] = []
  while (taken.length < count) {
    const byte: Buffer | null = socket.read(1)
    if (byte) taken.push(...byte)
    else if (socket.readableEnded) throw new Error('Cannot connect: the proxy has hung up')
    else await readable(socket, signal)
  }
  return Buffer.from(taken)
}

async function readable(socket: net.Socket, signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const options = { signal: AbortSignal.any([signal, done.signal]) }
  await Promise.race([once(socket, 'readable', options), once(socket, 'end', options)])
  done.abort() // takes the other listener off
}

await using client = await Client.connect(host, { port: Number(port), connect: connectBySocks })
for await (const { type, size, name } of client.list()) console.log(type, size ?? '-', name)
