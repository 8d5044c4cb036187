import { Option } from 'commander'
import { checkName } from '../../redis/keys.ts'

/** The option of all commands that use Redis. */
export const passwordFileOption = (): Option =>
  new Option('--redis-password-file <FILE>', 'the password of Redis is its first line')

/** The part of a member in proportion to the others. @throws {RangeError} */
export function parseWeight(text: string): number {
  const weight = Number(text)
  if (/^\d*\.?\d+$/.test(text) && weight > 0 && weight < Infinity) return weight
  throw new RangeError(`Cannot use ${JSON.stringify(text)} as a weight: it must be a number > 0, such as 2 or 0.5`)
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
