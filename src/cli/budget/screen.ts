/** From here to the end of the line, and of the screen. */
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'
const TOP_LEFT = '\x1b[H'

/**
 * Lines on a terminal that are drawn over in place, whatever characters are in them: those of East Asia take two
 * columns, so their number does not tell what is to be drawn over. The cursor rests below.
 */
export class Screen {
  readonly #stream: NodeJS.WriteStream
  #drawn = 0
  #isResized = false
  readonly #resized = () => {
    this.#isResized = true
  }

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    stream.on('resize', this.#resized)
  }

  /** Columns that a line may have. The last one stays free: many terminals wrap when it is filled. */
  get width(): number {
    return Math.max(1, (this.#stream.columns || 80) - 1)
  }

  /** Lines that fit above the one where the cursor rests. */
  get height(): number {
    return Math.max(1, (this.#stream.rows || 24) - 1)
  }

  /** @param lines None wider than {@link Screen.width}, and no more than {@link Screen.height}. */
  draw(lines: readonly string[]): void {
    // Whatever the terminal can't take now would only be out of date later.
    if (this.#stream.writableNeedDrain) return
    // Another width breaks the lines anew: there is no telling where they stand.
    const start = this.#isResized ? TOP_LEFT : this.#drawn > 0 ? `\r\x1b[${this.#drawn}A` : '\r'
    this.#stream.write(`${start}${lines.map((line) => `${line}${REST_OF_LINE}\n`).join('')}${REST_OF_SCREEN}`)
    this.#drawn = lines.length
    this.#isResized = false
  }

  /** Leaves what was drawn last where it is. */
  close(): void {
    this.#stream.off('resize', this.#resized)
    // Hides the ^C that the terminal shows where the cursor rests.
    if (this.#drawn > 0) this.#stream.write(`\r${REST_OF_LINE}`)
  }
}
