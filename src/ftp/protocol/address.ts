import { ProtocolError } from '../errors.ts'
import { show } from './show.ts'

/** Where to connect for data. */
export interface HostPort {
  /** An IP address. */
  readonly host: string
  /** From 1 to 65,535. */
  readonly port: number
}

/** An address of one of the two families that EPRT knows. */
export interface ExtendedHostPort extends HostPort {
  /** 4 or 6: the version of IP. */
  readonly family: 4 | 6
}

// All that repeats is bounded, so that the time to parse is linear.
const SIX_NUMBERS = /(?<!\d)\d{1,3}(?: ?, ?\d{1,3}){5}(?!\d)/
const SIX_NUMBERS_ONLY = /^\d{1,3}(?:,\d{1,3}){5}$/
const EXTENDED_IN_PARENTHESES = /\(([!-~])\1\1(\d{1,5})\1\)/
const EXTENDED_BARE = /([!-/:-~])\1\1(\d{1,5})\1/
const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`)

/**
 * Reads the address from the text of a 227: six numbers with commas between, wherever they stand, as servers disagree about
 * what is around them.
 *
 * Source: RFC 959 section 4.1.2, RFC 1123 section 4.1.2.6.
 *
 * @throws {ProtocolError} If there are no six numbers from 0 to 255, or the port is 0.
 */
export function parsePassiveReply(text: string): HostPort {
  return readNumbers('read the address of the passive reply', SIX_NUMBERS.exec(text)?.[0], text)
}

/**
 * Writes an address for a 227 or for PORT: `127,0,0,1,4,1`. Source: RFC 959 section 4.1.2.
 *
 * @throws {RangeError} If the host is no IPv4 address, or the port is none.
 */
export function formatPassive(address: HostPort): string {
  const { host, port } = address
  if (!IPV4.test(host)) throw new RangeError(`Cannot write ${show(host)} as six numbers: it is no IPv4 address`)
  checkPort(port)
  return [...host.split('.').map(Number), port >> 8, port & 255].join(',')
}

/**
 * Reads the argument of PORT. Source: RFC 959 section 4.1.2.
 *
 * @throws {ProtocolError} If it is not six numbers from 0 to 255 with commas between, or the port is 0.
 */
export function parsePort(argument: string): HostPort {
  return readNumbers('read the address of PORT', SIX_NUMBERS_ONLY.exec(argument.trim())?.[0], argument)
}

/**
 * Reads the port from the text of a 229: `(|||6446|)`, with any printable character in place of `|`.
 *
 * Source: RFC 2428 section 3.
 *
 * @throws {ProtocolError} If it is not there, or not from 1 to 65,535.
 */
export function parseExtendedPassiveReply(text: string): number {
  const [, , digits] = EXTENDED_IN_PARENTHESES.exec(text) ?? EXTENDED_BARE.exec(text) ?? []
  const port = Number(digits)
  if (isPort(port)) return port
  const reason = digits ? `${digits} is no port` : 'there is no (|||port|) in it'
  throw new ProtocolError('read the port of the extended passive reply', reason, text)
}

/**
 * Writes a port for a 229: `(|||6446|)`. Source: RFC 2428 section 3.
 *
 * @throws {RangeError} If it is none.
 */
export function formatExtendedPassive(port: number): string {
  checkPort(port)
  return `(|||${port}|)`
}

/**
 * Reads the argument of EPRT: `|1|132.235.1.2|6275|`, `|2|1080::8:800:200C:417A|5282|`, with any printable character in place
 * of `|`.
 *
 * Source: RFC 2428 section 2.
 *
 * @throws {ProtocolError} If it is written otherwise, the family is neither 1 nor 2, the host is no address of that family, or
 * the port is not from 1 to 65,535.
 */
export function parseExtendedPort(argument: string): ExtendedHostPort {
  const text = argument.trim()
  const [before, protocol, host = '', digits = '', after, ...more] = text.split(text[0] ?? ' ')
  const family = protocol === '1' ? 4 : protocol === '2' ? 6 : undefined
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  const refused = (reason: string) => new ProtocolError('read the address of EPRT', reason, argument)
  if (before !== '' || after !== '' || more.length > 0) throw refused('it is not written as |1|host|port|')
  if (family === undefined) throw refused('its family is neither 1 nor 2')
  if (!isAddress(host, family)) throw refused(`its host is no IPv${family} address`)
  if (!isPort(port)) throw refused('its port is none')
  return { host, port, family }
}

/**
 * Writes the argument of EPRT: `|2|::1|5282|`. Source: RFC 2428 section 2.
 *
 * @throws {RangeError} If the host is no address of the family, or the port is none.
 */
export function formatExtendedPort(address: ExtendedHostPort): string {
  const { host, port, family } = address
  if (!isAddress(host, family)) {
    throw new RangeError(`Cannot write ${show(host)} as an address: it is none of IPv${family}`)
  }
  checkPort(port)
  return `|${family === 4 ? 1 : 2}|${host}|${port}|`
}

function readNumbers(action: string, match: string | undefined, text: string): HostPort {
  if (match === undefined) throw new ProtocolError(action, 'there are no six numbers in it', text)
  const numbers = match.split(',').map(Number)
  if (numbers.some((number) => number > 255)) throw new ProtocolError(action, 'a number is above 255', text)
  const [high = 0, low = 0] = numbers.slice(4)
  if (high + low === 0) throw new ProtocolError(action, 'the port is 0', text)
  return { host: numbers.slice(0, 4).join('.'), port: high * 256 + low }
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

function checkPort(port: number): void {
  if (!isPort(port)) throw new RangeError(`Cannot use ${port} as a port: it must be an integer from 1 to 65535`)
}

/** URLs know what an IPv6 address is. */
const isAddress = (host: string, family: 4 | 6): boolean =>
  family === 4 ? IPV4.test(host) : /^[\da-f:.]{2,45}$/i.test(host) && URL.canParse(`ftp://[${host}]/`)
