/**
 * How bytes are cut into packets: each of so many bytes, or the sizes of the first packets, with the rest as one more.
 * All are integers >= 1.
 */
export type Cut = number | readonly number[]

/** @throws {RangeError} If a size is no integer >= 1. */
export function cutBytes(bytes: Buffer, cut: Cut | undefined): Buffer[] {
  const sizes = typeof cut === 'number' ? [cut] : (cut ?? [])
  for (const size of sizes) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`Cannot cut bytes: sizes must be integers >= 1: current value is ${size}`)
    }
  }
  const pieces: Buffer[] = []
  let from = 0
  for (let i = 0; from < bytes.length; i++) {
    const size = typeof cut === 'number' ? cut : (sizes[i] ?? bytes.length)
    pieces.push(bytes.subarray(from, from + size))
    from += size
  }
  return pieces
}
