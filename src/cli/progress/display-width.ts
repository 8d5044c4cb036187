import { printable } from '../tell.ts'

const PLAIN = /^[\x20-\x7e]*$/
/** Characters that stand on the one before, or show nothing. */
const NARROW = /^[\p{Mn}\p{Me}\p{Cf}]$/u
/** Those of East Asia and emojis take two columns (Unicode Standard Annex 11). */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})$/u

const widthOfCharacter = (character: string) => (NARROW.test(character) ? 0 : WIDE.test(character) ? 2 : 1)

/** Columns of a terminal that a text without escape sequences takes. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const character of text) width += widthOfCharacter(character)
  return width
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
  const shown = printable(text)
  if (displayWidth(shown) <= width) return shown
  const dots = unicode ? '…' : '..'
  const room = width - dots.length
  if (room < 2) return head([...shown], width)
  const end = head([...shown].reverse(), Math.floor(room / 2))
  return `${head([...shown], Math.ceil(room / 2))}${dots}${[...end].reverse().join('')}`
}

/** A path of anybody's, made fit to be shown in so many columns: `…/2026/report.csv`, since its end tells most. */
export function squeezePath(path: string, width: number, unicode: boolean): string {
  const shown = printable(path)
  if (displayWidth(shown) <= width) return shown
  const dots = unicode ? '…' : '...'
  const end = head([...shown].reverse(), Math.max(0, width - dots.length))
  return `${dots}${[...end].reverse().join('')}`
}

/** As many of the first characters as fit. */
function head(characters: readonly string[], width: number): string {
  let room = width
  let text = ''
  for (const character of characters) {
    room -= widthOfCharacter(character)
    if (room < 0) break
    text += character
  }
  return text
}
