/** What a server can do beyond RFC 959: the name of each feature in upper case, and its parameters, empty if it has none. */
export type Features = ReadonlyMap<string, string>

/**
 * Reads the lines of a 211 that answers FEAT. The first and the last line are no features. A name that comes again adds its
 * parameters behind a `;`: `AUTH TLS` and `AUTH SSL` are `TLS;SSL`.
 *
 * Source: RFC 2389 section 3.2. It asks for one space before each feature; servers have none or more.
 */
export function parseFeatures(lines: readonly string[]): Features {
  const features = new Map<string, string>()
  for (const line of lines.slice(1, -1)) {
    const [, name = '', parameters = ''] = /^(\S+)\s*(.*)$/s.exec(line.trim()) ?? []
    if (name === '') continue
    const key = name.toUpperCase()
    const known = features.get(key)
    features.set(key, known && parameters ? `${known};${parameters}` : known || parameters)
  }
  return features
}
