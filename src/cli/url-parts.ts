import { domainToASCII } from 'node:url'

/** Fails with the reason why a URL can't be used. */
type Fail = (reason: string) => never

/** The host of a URL; an IPv6 address stands there in brackets. */
export function hostOf(text: string, fail: Fail): string {
  if (text === '' || text === '[]') return fail('the host is missing')
  // A zone of a link-local address stands behind "%25" (RFC 6874).
  if (text.startsWith('[')) return text.slice(1, -1).replace(/%25/, '%')
  const host = domainToASCII(text)
  return host === '' || /[\s%]/.test(host) ? fail(`${JSON.stringify(text)} is no name of a host`) : host
}

export function portOf(text: string, fail: Fail): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  return fail('the port must be a number from 1 to 65535 (a / in a user or password is written %2F)')
}
