/** No dialect has more columns before the name, even with a group of several words. */
const MOST_FIELDS = 24

const SPACE = 0x20
const TAB = 0x09

/**
 * The columns of a line, parted by spaces, as far as they are asked for. What is behind is not looked at, so that a
 * name can be of any length.
 */
export class Fields {
  readonly line: string
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  #at = 0

  constructor(line: string) {
    this.line = line
  }

  /** Whether there is such a column. */
  has(index: number): boolean {
    const { line } = this
    while (this.#ends.length <= index) {
      let start = this.#at
      while (isSpace(line, start)) start++
      if (start >= line.length || this.#ends.length >= MOST_FIELDS) return false
      let end = start + 1
      while (end < line.length && !isSpace(line, end)) end++
      this.#starts.push(start)
      this.#ends.push(end)
      this.#at = end
    }
    return true
  }

  /** The text of a column; empty if there is none. */
  text(index: number): string {
    return this.has(index) ? this.line.slice(this.#starts[index], this.#ends[index]) : ''
  }

  /** Columns from one up to, but without, another, with the spaces that are between. */
  textBetween(from: number, to: number): string {
    return from < to && this.has(to - 1) ? this.line.slice(this.#starts[from], this.#ends[to - 1]) : ''
  }

  /** What is behind the one space that follows a column. Any more spaces belong to it. */
  restBehind(index: number): string {
    const end = this.has(index) ? this.#ends[index] : undefined
    return end === undefined ? '' : this.line.slice(end + 1)
  }
}

function isSpace(line: string, at: number): boolean {
  const code = line.charCodeAt(at)
  return code === SPACE || code === TAB
}
