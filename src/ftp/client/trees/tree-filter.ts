import { Glob } from './glob.ts'

/** A glob, or an expression that is tried on the path relative to the root of the tree, with `/` between its names. */
export type Pattern = string | RegExp

/** What belongs to a tree. */
export interface FilterOptions {
  /**
   * Only files that one of these matches, or that are anywhere in a folder that one of these matches.
   *
   * @default everything
   */
  readonly include?: Pattern | readonly Pattern[] | undefined
  /** Neither files nor folders that one of these matches, whatever `include` says. Such a folder is not looked into. @default nothing */
  readonly exclude?: Pattern | readonly Pattern[] | undefined
}

interface Rule {
  matches(path: string, isFolder: boolean): boolean
  canMatchBelow(folder: string): boolean
}

interface Rules {
  /** Undefined for everything. */
  readonly include: readonly Rule[] | undefined
  readonly exclude: readonly Rule[]
}

/** One folder of a tree, and what of it belongs to the tree. */
export class FolderFilter {
  /** Relative to the root of the tree; empty for that. */
  readonly path: string
  /** Whether all that is in the folder belongs to the tree, and so the folder itself, unless it is excluded. */
  readonly isTaken: boolean
  readonly #rules: Rules

  private constructor(rules: Rules, path: string, isTaken: boolean) {
    this.#rules = rules
    this.path = path
    this.isTaken = isTaken
  }

  /**
   * The root of a tree.
   *
   * @throws {TypeError | RangeError} If a pattern is none.
   */
  static root(options: FilterOptions): FolderFilter {
    const include = options.include === undefined ? undefined : rulesOf('include', options.include)
    const exclude = options.exclude === undefined ? [] : rulesOf('exclude', options.exclude)
    return new FolderFilter({ include, exclude }, '', include === undefined)
  }

  /** The path of what has this name in this folder. */
  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}/${name}`
  }

  /** Whether what has this name, and is no folder, belongs to the tree. */
  takes(name: string): boolean {
    const path = this.pathOf(name)
    if (this.#rules.exclude.some((rule) => rule.matches(path, false))) return false
    return this.isTaken || (this.#rules.include ?? []).some((rule) => rule.matches(path, false))
  }

  /** The folder of this name; undefined if neither it nor anything in it belongs to the tree. */
  folder(name: string): FolderFilter | undefined {
    const path = this.pathOf(name)
    const { include = [], exclude } = this.#rules
    if (exclude.some((rule) => rule.matches(path, true))) return undefined
    const isTaken = this.isTaken || include.some((rule) => rule.matches(path, true))
    if (!isTaken && !include.some((rule) => rule.canMatchBelow(path))) return undefined
    return new FolderFilter(this.#rules, path, isTaken)
  }
}

function rulesOf(name: string, patterns: Pattern | readonly Pattern[]): Rule[] {
  const list: readonly unknown[] = Array.isArray(patterns) ? patterns : [patterns]
  return list.map((pattern) => ruleOf(name, pattern))
}

function ruleOf(name: string, pattern: unknown): Rule {
  if (pattern instanceof RegExp) return expressionRule(pattern)
  if (typeof pattern !== 'string') {
    throw new TypeError(
      `Cannot filter a tree: '${name}' must be text or RegExp, or a list, is ${JSON.stringify(pattern)}`,
    )
  }
  try {
    return new Glob(pattern)
  } catch (error) {
    const reason = (error as RangeError).message
    throw new RangeError(`Cannot filter a tree: '${name}' can't be ${JSON.stringify(pattern)}: ${reason}`)
  }
}

function expressionRule(pattern: RegExp): Rule {
  // With these flags an expression begins where it last ended.
  const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return { matches: (path) => expression.test(path), canMatchBelow: () => true }
}
