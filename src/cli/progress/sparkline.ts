/** From next to nothing up to the ceiling. */
const BLOCKS = '▁▂▃▄▅▆▇█'
const ASCII = '.:-=+*#@'

/**
 * Draws values as a row of characters of rising height, the last value at the right.
 *
 * @param values Each >= 0. If they are more than `width` the first are left out.
 * @param ceiling What the last but one height stands for, > 0; the highest is for what is above it. A rate that keeps to its
 * limit so looks different from one that exceeds it.
 * @param unicode False keeps to ASCII.
 * @returns Exactly `width` characters.
 */
export function sparkline(values: readonly number[], width: number, ceiling: number, unicode: boolean): string {
  const ramp = unicode ? BLOCKS : ASCII
  const top = ramp.length - 2
  const drawn = values.slice(-width).map((value) => {
    if (!(value > 0)) return ' '
    // A hair above the ceiling is the measurement, not the rate.
    const height = value > ceiling * 1.1 ? ramp.length - 1 : Math.round((value / ceiling) * top)
    return ramp[Math.min(height, ramp.length - 1)]
  })
  return drawn.join('').padStart(width)
}
