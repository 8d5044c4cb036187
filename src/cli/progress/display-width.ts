import { printable } from '../tell.ts'

const PLAIN = /^[\x20-\x7e]*$/
/** Characters that stand on the one before, or show nothing. */
const NARROW = /^[\p{Mn}\p{Me}\p{Cf}]$/u
/** Format characters that do show: the soft hyphen, as terminals have it, and signs of Arabic, Syriac and Kaithi that numbers follow. */
const SHOWN = /^[\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]$/u
/** Shows the character before as an emoji. */
const AS_EMOJI = '\ufe0f'
const PICTURE = /^\p{Extended_Pictographic}$/u
/** Those of East Asia and emojis take two columns (Unicode Standard Annex 11). */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})$/u

/** A character with what stands on it. */
interface Piece {
  text: string
  width: number
  marks: number
}

/** As many as the flag of a region has behind its first character; what is more is left out of what is cut to a width. */
const MOST_MARKS = 8
/** Code units of each end of a long text that are looked at. */
const LONGEST = 2048

const widthOfCharacter = (character: string) =>
  NARROW.test(character) && !SHOWN.test(character) ? 0 : WIDE.test(character) ? 2 : 1

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let last: Piece | undefined
  for (const character of text) {
    const width = widthOfCharacter(character)
    if (width > 0 || !last) {
      last = { text: character, width, marks: 0 }
      pieces.push(last)
    } else if (last.marks++ < MOST_MARKS) {
      if (character === AS_EMOJI && last.marks === 1 && PICTURE.test(last.text)) last.width = 2
      last.text += character
    }
  }
  return pieces
}

const widthOf = (pieces: readonly Piece[]) => pieces.reduce((sum, { width }) => sum + width, 0)
const textOf = (pieces: readonly Piece[]) => pieces.map(({ text }) => text).join('')

/** What is to be shown of a text of anybody's, which can be of any length: its ends. */
const piecesToShow = (text: string) => {
  if (text.length <= 2 * LONGEST) return piecesOf(printable(text))
  return piecesOf(printable(`${text.slice(0, LONGEST)}…${text.slice(-LONGEST)}`))
}

/** Columns of a terminal that a text without escape sequences takes. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  return widthOf(piecesOf(text))
}

/** Fills a text up with spaces to so many columns. */
export function padTo(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return align === 'left' ? text + space : space + text
}

/**
 * A text of anybody's, made fit to be shown in so many columns. What is too long loses its middle: `web-fron…:4711`,
 * since names often begin with a host, and end with what tells them apart.
 */
export function squeeze(text: string, width: number, unicode: boolean): string {
  const pieces = piecesToShow(text)
  if (widthOf(pieces) <= width) return textOf(pieces)
  const dots = unicode ? '…' : '..'
  const room = width - dots.length
  if (room < 2) return textOf(head(pieces, width))
  return `${textOf(head(pieces, Math.ceil(room / 2)))}${dots}${textOf(tail(pieces, Math.floor(room / 2)))}`
}

/** A path of anybody's, made fit to be shown in so many columns: `…/2026/report.csv`, since its end tells most. */
export function squeezePath(path: string, width: number, unicode: boolean): string {
  const pieces = piecesToShow(path)
  if (widthOf(pieces) <= width) return textOf(pieces)
  const dots = unicode ? '…' : '...'
  return `${dots}${textOf(tail(pieces, Math.max(0, width - dots.length)))}`
}

/** As many of the first as fit. */
function head(pieces: readonly Piece[], width: number): Piece[] {
  let room = width
  const first: Piece[] = []
  for (const piece of pieces) {
    room -= piece.width
    if (room < 0) break
    first.push(piece)
  }
  return first
}

/** As many of the last as fit. */
const tail = (pieces: readonly Piece[], width: number) => head([...pieces].reverse(), width).reverse()
