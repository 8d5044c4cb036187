/** The dots of a braille character, by column and row: https://www.unicode.org/charts/PDF/U2800.pdf */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
]
const BRAILLE = 0x2800

/** Dots in a character, across and down. */
export const ACROSS = 2
export const DOWN = 4

/** A grid of dots, drawn with two by four to a character. Each dot is of one of several pens; a character takes the look of the last that drew there. */
export class Canvas {
  #width
  #height
  #cells
  #pens

  /** @param {number} width Characters. @param {number} height Lines. */
  constructor(width, height) {
    this.#width = width
    this.#height = height
    this.#cells = new Uint8Array(width * height)
    this.#pens = new Uint8Array(width * height)
  }

  /** @param {number} x From the left. @param {number} y From the bottom. @param {number} pen From 1. */
  dot(x, y, pen) {
    const column = Math.floor(x / ACROSS)
    const row = this.#height - 1 - Math.floor(y / DOWN)
    if (column < 0 || column >= this.#width || row < 0 || row >= this.#height) return
    const cell = row * this.#width + column
    const dot = DOTS[x % ACROSS]?.[DOWN - 1 - (y % DOWN)] ?? 0
    this.#cells[cell] = (this.#cells[cell] ?? 0) | dot
    this.#pens[cell] = pen
  }

  /** A line through values, one for each column of dots; NaN leaves a gap. @param {readonly number[]} values @param {number} pen */
  line(values, pen) {
    let before = Number.NaN
    for (const [x, value] of values.entries()) {
      if (Number.isNaN(value)) continue
      // Half of the way up or down belongs to the one before, so that steps are steep.
      const from = Number.isNaN(before) ? value : before < value ? before + 1 : before > value ? before - 1 : value
      for (let y = Math.min(from, value); y <= Math.max(from, value); y++) this.dot(x, y, pen)
      before = value
    }
  }

  /**
   * @param {readonly ((text: string) => string)[]} paints How each pen looks; the first is for what is blank.
   * @param {readonly string[] | undefined} ascii The character of each pen, where braille will not show.
   * @returns {string[]} Lines from the top.
   */
  render(paints, ascii) {
    return Array.from({ length: this.#height }, (_, row) => {
      let line = ''
      for (let column = 0, run = ''; column < this.#width; column++) {
        const cell = row * this.#width + column
        const pen = this.#pens[cell] ?? 0
        const dots = this.#cells[cell] ?? 0
        run += ascii ? (ascii[pen] ?? '?') : dots === 0 ? ' ' : String.fromCharCode(BRAILLE + dots)
        if (column + 1 < this.#width && this.#pens[cell + 1] === pen) continue
        line += paints[pen]?.(run) ?? run
        run = ''
      }
      return line
    })
  }
}
