export const KiB = 1024
export const MiB = 1024 * KiB
export const GiB = 1024 * MiB

/** A rate that no loop here can reach: 10 TB/s, so that what is measured is the path and not the limit. */
export const NOT_BINDING = 1e13

/**
 * @param {number} bytes
 * @returns {string} As in `64 KiB`.
 */
export function size(bytes) {
  if (bytes >= GiB) return `${round(bytes / GiB)} GiB`
  if (bytes >= MiB) return `${round(bytes / MiB)} MiB`
  if (bytes >= KiB) return `${round(bytes / KiB)} KiB`
  return `${round(bytes)} B`
}

/**
 * @param {number} value
 * @param {number} [digits] After the point.
 * @returns {string} Without trailing zeros; `never` for the time of what did not come.
 */
export function round(value, digits = 2) {
  return value === Number.POSITIVE_INFINITY ? 'never' : String(Number(value.toFixed(digits)))
}
