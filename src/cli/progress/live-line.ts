/** A line at the bottom of a terminal that is drawn over in place. Needs no escape sequences. */
export class LiveLine {
  readonly #stream: NodeJS.WriteStream
  #drawnWidth = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Characters that fit. The last column stays free: many terminals wrap when it is filled. */
  get width(): number {
    return Math.max(1, (this.#stream.columns || 80) - 1)
  }

  /** @param visibleWidth Characters of `text` that show: colours don't. */
  draw(text: string, visibleWidth: number): void {
    // Whatever the terminal can't take now would only be out of date later.
    if (this.#stream.writableNeedDrain) return
    this.#stream.write(`\r${text}${' '.repeat(Math.max(0, Math.min(this.#drawnWidth, this.width) - visibleWidth))}`)
    this.#drawnWidth = visibleWidth
  }

  erase(): void {
    if (this.#drawnWidth === 0) return
    this.#stream.write(`\r${' '.repeat(Math.min(this.#drawnWidth, this.width))}\r`)
    this.#drawnWidth = 0
  }
}
