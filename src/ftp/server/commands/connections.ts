import { isIPv6 } from 'node:net'
import { formatExtendedPassive, formatPassive, parseExtendedPort, parsePort } from '../../protocol/address.ts'
import { ActiveChannel } from '../data/active-channel.ts'
import { PassiveChannel } from '../data/passive-channel.ts'
import { plainAddress } from '../login/address-key.ts'
import { type Answer, Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import type { CommandRow } from './command-row.ts'

export const PASV: CommandRow = {
  verb: 'PASV',
  syntax: '',
  source: 'RFC 959 4.1.2',
  summary: 'Waits for a data connection, over IPv4',
  async run(session) {
    checkNotOnlyExtended(session)
    const local = localAddress(session)
    if (isIPv6(local)) throw new Refusal(425, 'PASV is for IPv4: use EPSV')
    const port = await listen(session, local)
    const host = session.host.settings.passiveHost(session.address) ?? local
    return [227, `Entering passive mode (${formatPassive({ host, port })})`]
  },
}

export const EPSV: CommandRow = {
  verb: 'EPSV',
  syntax: '[1 | 2 | ALL]',
  source: 'RFC 2428 3',
  summary: 'Waits for a data connection, over IPv4 or IPv6',
  async run(session, argument) {
    const wanted = argument.trim().toUpperCase()
    if (wanted === 'ALL') {
      session.data.onlyExtendedPassive = true
      return [200, 'Only EPSV from now on']
    }
    const local = localAddress(session)
    const family = isIPv6(local) ? '2' : '1'
    if (wanted !== '' && wanted !== family) throw new Refusal(522, `Network protocol not supported, use (${family})`)
    const port = await listen(session, local)
    return [229, `Entering extended passive mode ${formatExtendedPassive(port)}`]
  },
}

export const PORT: CommandRow = {
  verb: 'PORT',
  syntax: '<h1,h2,h3,h4,p1,p2>',
  source: 'RFC 959 4.1.2, RFC 2577',
  summary: 'Says where to connect to, over IPv4',
  needsArgument: true,
  run(session, argument) {
    const { host, port } = parsePort(argument)
    return connectLater(session, host, port)
  },
}

export const EPRT: CommandRow = {
  verb: 'EPRT',
  syntax: '|<1 or 2>|<address>|<port>|',
  source: 'RFC 2428 2, RFC 2577',
  summary: 'Says where to connect to, over IPv4 or IPv6',
  needsArgument: true,
  run(session, argument) {
    const { host, port, family } = parseExtendedPort(argument)
    const own = isIPv6(localAddress(session)) ? 6 : 4
    if (family !== own) throw new Refusal(522, `Network protocol not supported, use (${own === 6 ? 2 : 1})`)
    return connectLater(session, host, port)
  },
}

export const ABOR: CommandRow = {
  verb: 'ABOR',
  syntax: '',
  source: 'RFC 959 4.1.3',
  summary: 'Ends a transfer that is running',
  isFree: true,
  run(session) {
    if (session.data.hasChannel) {
      session.data.setChannel(undefined)
      return [225, 'No transfer is running; the data connection is closed']
    }
    // The transfer has had its own reply before.
    return session.takeAborted() ? [226, 'Transfer aborted'] : [225, 'No transfer is running']
  },
}

function checkNotOnlyExtended(session: Session): void {
  if (session.data.onlyExtendedPassive) throw new Refusal(503, 'Only EPSV is allowed after EPSV ALL')
}

function localAddress(session: Session): string {
  return plainAddress(session.control.localAddress ?? '127.0.0.1')
}

async function listen(session: Session, host: string): Promise<number> {
  session.data.setChannel(undefined)
  const { settings, ports } = session.host
  const peer = settings.allowForeignData ? undefined : session.address
  const channel = await PassiveChannel.listen({ host, peer, pool: ports })
  if (!channel) throw new Refusal(425, 'No port is free: try again later')
  if (session.control.closed) {
    channel.close()
    throw new Refusal(421, 'Closing the connection')
  }
  session.data.setChannel(channel)
  return channel.port
}

/** Nobody may have this server connect to others, or to the services of a machine (RFC 2577 section 3). */
function connectLater(session: Session, host: string, port: number): Answer {
  checkNotOnlyExtended(session)
  const { allowActive, allowForeignData } = session.host.settings
  if (!allowActive) throw new Refusal(502, 'Active mode is switched off: use EPSV or PASV')
  if (port < 1024) throw new Refusal(504, 'Ports below 1024 are not allowed')
  const isOwn = canonical(host) === canonical(session.address)
  if (!isOwn && !allowForeignData) throw new Refusal(504, 'Other hosts are not allowed')
  const target = isOwn ? session.address : canonical(host)
  session.data.setChannel(new ActiveChannel({ host: target, port, localAddress: localAddress(session) }))
  return [200, 'Ready to connect']
}

/** There are many ways to write an address of IPv6, whose zone the client can't know, and PORT may have zeros in front. */
function canonical(address: string): string {
  const [plain = ''] = plainAddress(address).split('%')
  if (isIPv6(plain)) return new URL(`ftp://[${plain}]`).hostname.slice(1, -1)
  return plain.split('.').map(Number).join('.')
}
