import { stripVTControlCharacters } from 'node:util'

/** Lines at the bottom of a terminal that are drawn over in place. One alone needs no escape sequences. */
export class LiveLines {
  readonly #stream: NodeJS.WriteStream
  /** Characters that show in each line that stands there, from the top. */
  #drawn: readonly number[] = []

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Characters that fit into a line. The last column stays free: many terminals wrap when it is filled. */
  get width(): number {
    return Math.max(1, (this.#stream.columns || 80) - 1)
  }

  /** Lines that fit: what has scrolled out at the top could not be drawn over any more. */
  get height(): number {
    return Math.max(1, (this.#stream.rows || 24) - 1)
  }

  /** @param lines None longer than {@link LiveLines.width}, colours not counted, and no more than {@link LiveLines.height}. */
  draw(lines: readonly string[]): void {
    // Whatever the terminal can't take now would only be out of date later.
    if (this.#stream.writableNeedDrain) return
    const widths = lines.map((line) => stripVTControlCharacters(line).length)
    // Lines that are gone are drawn over, and stand there as empty ones, so that nothing jumps.
    const count = Math.max(lines.length, this.#drawn.length)
    const rows = Array.from({ length: count }, (_, i) => {
      const line = lines[i] ?? ''
      return `${line}${this.#blank(i, widths[i] ?? 0)}`
    })
    this.#stream.write(`${this.#toTop()}${rows.join('\n')}`)
    this.#drawn = Array.from({ length: count }, (_, i) => widths[i] ?? 0)
  }

  /** Takes the lines away; what is written next stands where they began. */
  erase(): void {
    if (this.#drawn.length === 0) return
    const rows = this.#drawn.map((_, i) => this.#blank(i, 0))
    this.#stream.write(`${this.#toTop()}${rows.join('\n')}${this.#toTop()}`)
    this.#drawn = []
  }

  /** What hides the rest of the line that stood there. */
  #blank(row: number, from: number): string {
    return ' '.repeat(Math.max(0, Math.min(this.#drawn[row] ?? 0, this.width) - from))
  }

  #toTop(): string {
    const up = this.#drawn.length - 1
    return up > 0 ? `\r\x1b[${up}A` : '\r'
  }
}
