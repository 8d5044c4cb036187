/** What ends a line or a part, prepared for a search that goes over each byte once, however the bytes are cut. */
export class Separator {
  readonly bytes: Buffer
  /** How much of the separator still matches after a mismatch behind byte i: the failure table of Knuth, Morris and Pratt. */
  readonly fallback: Uint32Array

  /** @throws {TypeError | RangeError} If it is neither text nor bytes, or empty. */
  constructor(separator: string | Uint8Array) {
    if (typeof separator !== 'string' && !(separator instanceof Uint8Array)) {
      throw new TypeError(`Cannot read up to a separator: it must be a string or a Uint8Array, is ${String(separator)}`)
    }
    // Copied: the caller may reuse the array while the read waits.
    this.bytes = Buffer.from(separator as string)
    if (this.bytes.length === 0) throw new RangeError('Cannot read up to a separator: it is empty')
    this.fallback = fallbackTable(this.bytes)
  }

  get length(): number {
    return this.bytes.length
  }
}

/** The end of a line. */
export const newline: Separator = new Separator('\n')

function fallbackTable(bytes: Buffer): Uint32Array {
  const table = new Uint32Array(bytes.length)
  let matched = 0
  for (let index = 1; index < bytes.length; index++) {
    while (matched > 0 && bytes[index] !== bytes[matched]) matched = table[matched - 1] ?? 0
    if (bytes[index] === bytes[matched]) matched++
    table[index] = matched
  }
  return table
}
