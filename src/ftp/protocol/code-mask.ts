import { show } from './show.ts'

/** Reply codes that fit: three places, each a digit or `x` for any digit, such as `226`, `2xx`, `33x`; one mask or several. */
export type CodeMask = string | readonly string[]

/** Whether `code` fits one of the masks. An empty list fits nothing. */
export function matchesCode(code: number, masks: CodeMask): boolean {
  const digits = `${code}`
  return typeof masks === 'string' ? fits(digits, masks) : masks.some((mask) => fits(digits, mask))
}

/**
 * Refuses masks that can only be a mistake.
 *
 * @throws {TypeError} If `masks` is neither text nor a list of texts.
 * @throws {RangeError} If one is not three digits or `x`.
 */
export function checkMasks(masks: CodeMask): void {
  for (const mask of Array.isArray(masks) ? (masks as readonly unknown[]) : [masks]) {
    if (typeof mask !== 'string') {
      throw new TypeError(`Cannot expect reply codes: a mask must be text, such as '2xx', is ${String(mask)}`)
    }
    if (!/^[\dx]{3}$/i.test(mask)) {
      throw new RangeError(`Cannot expect reply codes: a mask must be three digits or 'x', is ${show(mask)}`)
    }
  }
}

function fits(digits: string, mask: string): boolean {
  if (mask.length !== digits.length) return false
  for (let i = 0; i < digits.length; i++) {
    if (mask[i] !== digits[i] && mask[i] !== 'x' && mask[i] !== 'X') return false
  }
  return true
}
