const MASK = '****'

/**
 * A URL that could not be read, as it may be shown: whatever may be a password is masked, however the rest is broken. That is what stands
 * between the first colon behind the scheme and the last @, a port that is no number (where the `@host` was forgotten it is the
 * password), and each query but `?db=N`.
 */
export function maskedUrl(text: string): string {
  const [scheme = ''] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? []
  const rest = text.slice(scheme.length)
  const at = rest.lastIndexOf('@')
  const query = rest.search(/[?#]/)
  // It is a query with an @, or a password with a question mark: neither is to be seen.
  if (query >= 0 && query < at) return scheme + rest.replace(/(:|%3a|[?#]).*/is, `$1${MASK}`)
  const login = rest.slice(0, at + 1).replace(/(:|%3a).*@$/is, `$1${MASK}@`)
  return scheme + login + maskedPlace(rest.slice(at + 1))
}

/** host[:port][/path][?query] */
function maskedPlace(text: string): string {
  const [, host = '', port = '', path = '', query = ''] =
    /^(\/*(?:\[[^\]]*\]|[^:/?#]*))(:[^/?#]*)?([^?#]*)(.*)$/s.exec(text) ?? []
  // A password may have a slash, so what is behind it may be its end.
  if (port !== '' && (!/^:\d{0,5}$/.test(port) || /^\/*$/.test(host))) return `${host}:${MASK}`
  const shownQuery = /^(\?db=\d{0,7})?$/i.test(query) ? query : `${query[0]}${MASK}`
  return hidden(host) + port + hidden(path) + shownQuery
}

const hidden = (text: string) => (text.startsWith('[') ? text : text.replace(/(:|%3a).*/is, `$1${MASK}`))
