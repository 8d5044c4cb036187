import { stripVTControlCharacters } from 'node:util'
import { displayWidth } from './display-width.ts'

/** From here to the end of the line, and of the screen. */
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'

/** Lines at the bottom of a terminal that are drawn over in place. One alone needs no escape sequences. The cursor rests behind the last one. */
export class LiveLines {
  readonly #stream: NodeJS.WriteStream
  /** What stands there, from the top. */
  #drawn: readonly string[] = []

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Columns that a line may have. The last one stays free: many terminals wrap when it is filled. */
  get width(): number {
    return Math.max(1, this.#columns - 1)
  }

  /** Lines that fit: what has scrolled out at the top could not be drawn over any more. */
  get height(): number {
    return Math.max(1, (this.#stream.rows || 24) - 1)
  }

  /**
   * @param lines None wider than {@link LiveLines.width}, colours not counted, and no more than {@link LiveLines.height}, with one
   * more that is empty.
   */
  draw(lines: readonly string[]): void {
    // Whatever the terminal can't take now would only be out of date later.
    if (this.#stream.writableNeedDrain) return
    const [line = ''] = lines
    const text =
      lines.length <= 1 && this.#rows <= 1
        ? `${line}${' '.repeat(Math.max(0, this.#firstWidth - widthOf(line)))}`
        : `${lines.join(`${REST_OF_LINE}\n`)}${REST_OF_SCREEN}`
    this.#stream.write(`${this.#toTop()}${text}`)
    this.#drawn = lines
  }

  /** Takes the lines away; what is written next stands where they began. */
  erase(): void {
    if (this.#drawn.length === 0) return
    const blank = this.#rows <= 1 ? `${' '.repeat(this.#firstWidth)}\r` : REST_OF_SCREEN
    this.#stream.write(`${this.#toTop()}${blank}`)
    this.#drawn = []
  }

  /** Leaves the lines where they are; what is written next stands below, or in the last one if that is empty. */
  leave(): void {
    const last = this.#drawn.at(-1)
    if (last === undefined) return
    // Hides the ^C that the terminal shows where the cursor rests.
    this.#stream.write(`\r${last}${REST_OF_LINE}${last === '' ? '' : '\n'}`)
    this.#drawn = []
  }

  get #columns(): number {
    return this.#stream.columns || 80
  }

  get #firstWidth(): number {
    return widthOf(this.#drawn[0] ?? '')
  }

  /** Rows that the lines take: a terminal that has become narrower has broken them anew. */
  get #rows(): number {
    return this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / this.#columns)), 0)
  }

  #toTop(): string {
    const up = this.#rows - 1
    return up > 0 ? `\r\x1b[${up}A` : '\r'
  }
}

const widthOf = (line: string) => displayWidth(stripVTControlCharacters(line))
