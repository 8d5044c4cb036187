const EIGHTHS = ' ▏▎▍▌▋▊▉'

/**
 * A bar that is filled for the most part.
 *
 * @param part How much of it is filled, from 0; more than 1 is full.
 * @returns What is filled and what is not: `width` characters together.
 */
export function bar(part: number, width: number, unicode: boolean): readonly [filled: string, rest: string] {
  const filled = Math.min(1, Math.max(0, part || 0)) * width
  if (!unicode) {
    const whole = Math.round(filled)
    return ['#'.repeat(whole), '.'.repeat(width - whole)]
  }
  // To the nearest eighth of a character.
  const eighths = Math.round(filled * 8)
  const blocks = '█'.repeat(Math.floor(eighths / 8)) + (eighths % 8 > 0 ? (EIGHTHS[eighths % 8] ?? '') : '')
  return [blocks, '░'.repeat(width - blocks.length)]
}
