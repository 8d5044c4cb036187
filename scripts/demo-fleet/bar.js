const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/**
 * A bar from the left.
 *
 * @param {number} part From 0 to 1; more is drawn as 1.
 * @param {number} width
 * @param {boolean} unicode False keeps to ASCII.
 * @returns {string} Exactly `width` characters.
 */
export function bar(part, width, unicode) {
  const eighths = Math.round(Math.min(1, Math.max(0, part)) * width * 8)
  const full = Math.floor(unicode ? eighths / 8 : Math.round(eighths / 8))
  const rest = unicode ? (EIGHTHS[eighths % 8] ?? '') : ''
  return `${(unicode ? '█' : '#').repeat(full)}${rest}`.padEnd(width)
}
