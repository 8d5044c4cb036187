import { Option } from 'commander'
import { budgetLimit, memberWeight } from '../../redis/bounds.ts'
import { checkName } from '../../redis/keys.ts'
import { parseRate } from '../../units.ts'

/** The option of all commands that use Redis. */
export const passwordFileOption = (): Option =>
  new Option('--redis-password-file <FILE>', 'the password of Redis is its first line; - is standard input')

/** The part of a member in proportion to the others. @throws {RangeError} */
export function parseWeight(text: string): number {
  try {
    if (/^\d*\.?\d+$/.test(text)) return memberWeight(Number(text))
  } catch {
    // Told below, in the words of the command line.
  }
  const state = 'it must be a number from 0.000001 to 1000000, such as 2 or 0.5'
  throw new RangeError(`Cannot use ${JSON.stringify(text.slice(0, 100))} as a weight: ${state}`)
}

/** What all who share a budget have together, in bytes per second. @throws {RangeError} */
export function parseLimit(text: string): number {
  const rate = parseRate(text)
  try {
    budgetLimit(rate)
    return rate
  } catch (cause) {
    const state = 'it must not be more than 8PiB/s (2^53 bytes per second)'
    throw new RangeError(`Cannot use ${JSON.stringify(text.slice(0, 100))} as the limit of a budget: ${state}`, {
      cause,
    })
  }
}

/** What a member is called. @throws {RangeError} */
export function parseMember(text: string): string {
  try {
    checkName('share a budget', 'member', text)
  } catch (cause) {
    const state = 'it must be of 1 to 256 characters, without braces and control characters'
    throw new RangeError(`Cannot use ${JSON.stringify(text)} as a name: ${state}`, { cause })
  }
  return text
}
