/** One thing that a pattern asks of a name: a character, any one, one of a class, or any number of any. */
type Part =
  | { readonly kind: 'text'; readonly character: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | { readonly kind: 'class'; readonly isNegated: boolean; readonly ranges: readonly (readonly [number, number])[] }

/**
 * A pattern for one name, in which `*` stands for any number of characters, `?` for one, `[a-z]` for one of a class and `[!a-z]` for one that is
 * not in it; a backslash takes the meaning from what comes behind it.
 *
 * Source: POSIX.1-2024, Shell Command Language, section 2.14. Other than there, `*` and `?` also match a dot at the beginning.
 */
export class NamePattern {
  readonly #parts: readonly Part[]

  /** @throws {RangeError} If a class has no end, or a backslash nothing behind it; the text says so without the pattern. */
  constructor(pattern: string) {
    this.#parts = partsOf([...pattern])
  }

  /**
   * Whether a name is like that. Of all `*` only the last one that was met is ever tried again, so it takes no more steps than the pattern has
   * parts for each character.
   */
  matches(name: string): boolean {
    const characters = [...name]
    const parts = this.#parts
    let at = 0
    let part = 0
    let star = -1
    let starAt = 0
    while (at < characters.length) {
      const wanted = parts[part]
      if (wanted?.kind === 'many') {
        star = part++
        starAt = at
      } else if (wanted && fits(wanted, characters[at] ?? '')) {
        part++
        at++
      } else if (star >= 0) {
        part = star + 1
        at = ++starAt
      } else return false
    }
    while (parts[part]?.kind === 'many') part++
    return part === parts.length
  }
}

function fits(part: Part, character: string): boolean {
  if (part.kind === 'one') return true
  if (part.kind === 'text') return part.character === character
  if (part.kind === 'many') return false
  const code = character.codePointAt(0) ?? 0
  return part.ranges.some(([from, to]) => from <= code && code <= to) !== part.isNegated
}

function partsOf(characters: readonly string[]): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '*') {
      if (parts.at(-1)?.kind !== 'many') parts.push({ kind: 'many' })
    } else if (character === '?') parts.push({ kind: 'one' })
    else if (character === '\\') {
      const next = characters[++at]
      if (next === undefined) throw new RangeError('there is nothing behind the last backslash')
      parts.push({ kind: 'text', character: next })
    } else if (character === '[') {
      const end = endOfClass(characters, at)
      parts.push(classOf(characters.slice(at + 1, end)))
      at = end
    } else parts.push({ kind: 'text', character })
  }
  return parts
}

/** Where `]` is; right behind `[` or `[!` it is one of the characters. */
function endOfClass(characters: readonly string[], start: number): number {
  const first = start + (isNegation(characters[start + 1]) ? 2 : 1)
  for (let at = first; at < characters.length; at++) {
    if (characters[at] === '\\') at++
    else if (characters[at] === ']' && at > first) return at
  }
  throw new RangeError("'[' has no ']' behind it; write '\\[' for the character itself")
}

const isNegation = (character: string | undefined) => character === '!' || character === '^'

function classOf(characters: readonly string[]): Part {
  const isNegated = isNegation(characters[0])
  const ranges: [number, number][] = []
  let at = isNegated ? 1 : 0
  const next = () => {
    if (characters[at] === '\\') at++
    return characters[at++]?.codePointAt(0) ?? 0
  }
  while (at < characters.length) {
    const from = next()
    // A dash at the end is one of the characters.
    const isRange = characters[at] === '-' && at + 1 < characters.length
    if (isRange) at++
    ranges.push([from, isRange ? next() : from])
  }
  return { kind: 'class', isNegated, ranges }
}
