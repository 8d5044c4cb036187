import { inspect } from 'node:util'
import { checkOptions, optionNames } from '../../../check-options.ts'

/**
 * What a client may do with a path.
 * - `list`: enter directories, list them, ask for sizes and times
 * - `read`: download, ask for checksums
 * - `write`: upload, in place of what is there too
 * - `append`: add to the end of files
 * - `delete`: remove files and directories
 * - `rename`: move from here, and to here; over what is there with `write` or `delete` too
 * - `make`: make directories
 * - `change`: set times and modes
 */
export type Action = 'list' | 'read' | 'write' | 'append' | 'delete' | 'rename' | 'make' | 'change'

/** Some actions, or a name for many. `read-only` is `list` and `read`. */
export type Allowed = readonly Action[] | 'all' | 'read-only' | 'none'

/** What is allowed at a path and below, as far as no rule for a longer path says otherwise. */
export interface PermissionRule {
  /** Absolute, such as `/` or `/incoming`. */
  readonly path: string
  readonly allow: Allowed
}

/** The same for all paths, or rules: the one whose path is nearest counts, and no other. Where there is none, nothing is allowed. */
export type Permissions = Allowed | readonly PermissionRule[]

const ALL: readonly Action[] = ['list', 'read', 'write', 'append', 'delete', 'rename', 'make', 'change']
const NAMED: Readonly<Record<string, readonly Action[]>> = { all: ALL, 'read-only': ['list', 'read'], none: [] }

const RULE = optionNames<PermissionRule>({ path: true, allow: true })

/** Permissions, checked and ready to be asked. */
export class PermissionTable {
  readonly #rules: ReadonlyMap<string, ReadonlySet<Action>>

  /** @throws {TypeError | RangeError} If `permissions` can't be read. */
  constructor(permissions: Permissions) {
    this.#rules = new Map(rulesOf(permissions).map(({ path, allow }) => [withoutSlash(path), actionsOf(allow)]))
  }

  /** @param path Absolute and normalized. */
  allows(action: Action, path: string): boolean {
    for (let at = withoutSlash(path); ; at = at.slice(0, at.lastIndexOf('/'))) {
      const rule = this.#rules.get(at)
      if (rule) return rule.has(action)
      if (at === '') return false
    }
  }

  /** Whether it is allowed at `path` and everywhere below: what moves a directory moves all that is in it. */
  allowsTree(action: Action, path: string): boolean {
    if (!this.allows(action, path)) return false
    const below = `${withoutSlash(path)}/`
    for (const [at, rule] of this.#rules) if (at.startsWith(below) && !rule.has(action)) return false
    return true
  }
}

function rulesOf(permissions: Permissions): readonly PermissionRule[] {
  if (Array.isArray(permissions) && permissions.some((rule) => typeof rule === 'object')) {
    for (const rule of permissions as readonly PermissionRule[]) {
      if (typeof rule === 'object' && rule !== null) checkOptions('read permissions', rule, RULE)
      if (typeof rule?.path === 'string' && rule.path.startsWith('/')) continue
      throw new TypeError(`Cannot read permissions: a rule must be { path: '/...', allow }, is ${inspect(rule)}`)
    }
    return permissions as readonly PermissionRule[]
  }
  return [{ path: '/', allow: permissions as Allowed }]
}

function actionsOf(allow: Allowed): ReadonlySet<Action> {
  const actions = typeof allow === 'string' ? (Object.hasOwn(NAMED, allow) ? NAMED[allow] : undefined) : allow
  if (Array.isArray(actions) && actions.every((action) => ALL.includes(action))) return new Set(actions)
  throw new TypeError(
    `Cannot read permissions: must be 'all', 'read-only', 'none' or a list of ${ALL.join(', ')}, is ${inspect(allow)}`,
  )
}

/** The root becomes empty, so that each parent is what stands before a slash. */
function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
