import { inspect } from 'node:util'

// Names of files and options are anybody's: what could steer the terminal, or turn the text around, is shown as an escape.
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu
const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A text of anybody's as it can be shown in a line: it moves no cursor, begins no line, and turns nothing around. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped)

/** JSON in one line, as far as a terminal can show it: what could steer it stands as an escape, which means the same. */
export const jsonText = (value: unknown): string => printable(JSON.stringify(value))

// When nobody reads stderr any more there is nobody left to tell, and the transfer itself is not concerned.
process.stderr.on('error', () => {})

/** Writes one line to stderr under the name of the program; with `SLUICE_DEBUG` set, the error behind it and its causes too. */
export function tell(line: string, error?: unknown): void {
  process.stderr.write(`sluice: ${printable(line)}\n`)
  if (error !== undefined && process.env.SLUICE_DEBUG) process.stderr.write(`${inspect(error)}\n`)
}
