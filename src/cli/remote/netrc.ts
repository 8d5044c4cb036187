/** What a .netrc file has for one machine. */
export interface NetrcEntry {
  /** The name of the host; undefined is for any (`default`). */
  readonly machine: string | undefined
  readonly login: string | undefined
  readonly password: string | undefined
  readonly account: string | undefined
}

type Field = 'login' | 'password' | 'account'
const FIELDS: ReadonlyMap<string, Field> = new Map([
  ['login', 'login'],
  ['user', 'login'],
  ['password', 'password'],
  ['passwd', 'password'],
  ['account', 'account'],
])

/**
 * Reads a .netrc file: `machine NAME` or `default`, then `login`, `password` and `account`, apart by white space as one likes. `#` begins a
 * comment where a word of the file's own is due. Values may stand in double quotes, with `\"`, `\\`, `\n`, `\r` and `\t` in them; elsewhere a backslash
 * is one. A macro (`macdef`) goes on to the next empty line, and is left out.
 *
 * Source: netrc(5) of the GNU inetutils; quotes as in curl and wget.
 *
 * @throws {RangeError} That tells the line, if there is anything else. No value is shown.
 */
export function parseNetrc(text: string): NetrcEntry[] {
  const entries: { -readonly [Name in keyof NetrcEntry]: NetrcEntry[Name] }[] = []
  const words = new Words(text)
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const entry = entries.at(-1)
    const field = FIELDS.get(word)
    if (word.startsWith('#')) words.skipLine()
    else if (word === 'machine') entries.push({ ...EMPTY, machine: words.value(word) })
    else if (word === 'default') entries.push({ ...EMPTY })
    else if (word === 'macdef') words.skipMacro()
    else if (field && entry) entry[field] = words.value(word)
    else words.fail(field ? `${word} stands before any machine` : 'machine, default, login, password or account is due')
  }
  return entries
}

const EMPTY: NetrcEntry = { machine: undefined, login: undefined, password: undefined, account: undefined }

/**
 * The first entry for a host.
 *
 * @param user Only entries of this user, or of none, count; undefined takes any that has a user.
 */
export function findLogin(
  entries: readonly NetrcEntry[],
  host: string,
  user: string | undefined,
): NetrcEntry | undefined {
  return entries.find(
    ({ machine, login }) =>
      (machine === undefined || machine.toLowerCase() === host.toLowerCase()) &&
      (user === undefined ? login !== undefined : (login ?? user) === user),
  )
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

class Words {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text.replace(/^\ufeff/, '')
  }

  /** The next word as it stands there; undefined at the end. */
  next(): string | undefined {
    return this.#match(/\s*([^\s"]\S*|")?/y)[1]
  }

  /** What belongs to a keyword. */
  value(keyword: string): string {
    const [, quoted, plain] = this.#match(/\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]\S*))?/sy)
    if (plain !== undefined) return plain
    if (quoted === undefined) return this.fail(`${keyword} has no value, or one whose quotes don't end`)
    return quoted.replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character)
  }

  skipLine(): void {
    this.#match(/.*/y)
  }

  skipMacro(): void {
    this.#match(/(?:.*\S.*(?:\r?\n|$))*/y)
  }

  fail(reason: string): never {
    const line = this.#text.slice(0, this.#at).split('\n').length
    throw new RangeError(`line ${line}: ${reason}`)
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text) as RegExpExecArray
    this.#at = pattern.lastIndex
    return match
  }
}
