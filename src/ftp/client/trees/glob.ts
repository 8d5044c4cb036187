import { NamePattern } from './name-pattern.ts'

/** Any number of folders, also none. */
const FOLDERS = Symbol('**')

type Segment = NamePattern | typeof FOLDERS

/**
 * A pattern for paths of a tree, relative to its root: names as in {@link NamePattern} with `/` between, and `**` for any number of folders.
 *
 * - Without a `/` it is for names at any depth: `*.log` is also `a/b/c.log`. With one, at its beginning or in its middle, it begins at the root:
 *   `/*.log` is only there, and `a/*.log` only in `a`.
 * - With a `/` at its end it is for folders only.
 * - `a/**` is all that is in `a`, but not `a` itself.
 *
 * It takes linear time in the path, whatever the pattern: see the bound of {@link NamePattern.matches}.
 */
export class Glob {
  readonly #segments: readonly Segment[]
  readonly #isForFolders: boolean

  /** @throws {RangeError} If the pattern is empty or has a part that can't be read. */
  constructor(pattern: string) {
    const names = pattern
      .split('/')
      .filter(
        (name, place, all) =>
          name !== '' && !(name === '.' && place === 0) && !(name === '**' && all[place - 1] === '**'),
      )
    this.#isForFolders = pattern.endsWith('/')
    const isAnchored = pattern.slice(0, -1).includes('/')
    const last = names.at(-1)
    if (last === undefined) throw new RangeError('it is empty')
    if (!isAnchored && last !== '**') names.unshift('**')
    // At the end it stands for at least one name.
    if (last === '**') names.push('*')
    this.#segments = names.map((name) => (name === '**' ? FOLDERS : new NamePattern(name)))
  }

  /** @param path Names with `/` between, without one at either end. */
  matches(path: string, isFolder: boolean): boolean {
    if (this.#isForFolders && !isFolder) return false
    return this.#after(path).has(this.#segments.length)
  }

  /** Whether something below a folder could match. */
  canMatchBelow(folder: string): boolean {
    const places = this.#after(folder)
    places.delete(this.#segments.length)
    return places.size > 0
  }

  /** The places in the pattern where one can be after a path: all at once, so that nothing is tried twice. */
  #after(path: string): Set<number> {
    let places = this.#start()
    for (const name of path.split('/')) {
      const next = new Set<number>()
      for (const place of places) {
        const segment = this.#segments[place]
        if (segment === FOLDERS) this.#add(next, place)
        else if (segment?.matches(name)) this.#add(next, place + 1)
      }
      places = next
    }
    return places
  }

  #start(): Set<number> {
    const places = new Set<number>()
    this.#add(places, 0)
    return places
  }

  #add(places: Set<number>, place: number): void {
    places.add(place)
    if (this.#segments[place] === FOLDERS) this.#add(places, place + 1)
  }
}
