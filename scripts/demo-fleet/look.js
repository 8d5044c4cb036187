import pc from 'picocolors'
import { hasColors, hasUnicode } from '../../dist/cli/progress/terminal.js'

/** @typedef {ReturnType<typeof lookOf>} Look How things are drawn. */

/** @param {NodeJS.WriteStream} stream Where to; without a terminal, and with NO_COLOR, without colours. */
export function lookOf(stream) {
  const { bold, dim, red, yellow, green, cyan } = pc.createColors(hasColors(stream))
  return { unicode: hasUnicode(), bold, dim, red, yellow, green, cyan }
}
