import { inspect } from 'node:util'

/** The names of the options that a call has. */
export type OptionNames = ReadonlySet<string>

/**
 * The names of all options of a type: one that is missing here does not pass the check of types.
 *
 * @example optionNames<ThrottleOptions>({ limit: true, burst: true, resetRate: true, clock: true })
 */
export function optionNames<Options>(names: Readonly<Record<keyof Options & string, boolean>>): OptionNames {
  return new Set(Object.keys(names))
}

/** For calls that can only be ended early. */
export const WAIT: OptionNames = optionNames<{ readonly signal?: AbortSignal }>({ signal: true })

/**
 * Refuses what is no object, and every name that is no option: a limit that is misspelt would not limit. What is undefined counts as not
 * given. When all is well it allocates nothing, as it runs at the entrance of every call.
 *
 * @param action What can't be done then, such as `create a throttle`.
 * @param hints What to say of certain names instead of the nearest one there is.
 * @throws {TypeError}
 */
export function checkOptions(
  action: string,
  options: unknown,
  names: OptionNames,
  hints?: Readonly<Record<string, string>>,
): void {
  check(action, undefined, options, names, hints)
}

/**
 * An option that is an object of options itself. What is undefined is not there.
 *
 * @throws {TypeError}
 */
export function checkNested(action: string, name: string, options: unknown, names: OptionNames): void {
  if (options !== undefined) check(action, name, options, names, undefined)
}

/**
 * An option that is true or false; `usual` if it was not given.
 *
 * @throws {TypeError} If it is anything else.
 */
export function checkFlag(action: string, name: string, value: boolean | undefined, usual: boolean): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? usual
  throw new TypeError(`Cannot ${action}: '${name}' must be true or false, is ${show(value)}`)
}

/** @throws {RangeError} If `value` is none of `values`. */
export function checkOneOf(action: string, name: string, value: unknown, values: readonly unknown[]): void {
  if (values.includes(value)) return
  const choice = values.map((each) => JSON.stringify(each)).join(', ')
  throw new RangeError(`Cannot ${action}: '${name}' must be one of ${choice}, is ${show(value)}`)
}

/** @throws {TypeError} If `value` is there and is no function. */
export function checkFunction(action: string, name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new TypeError(`Cannot ${action}: '${name}' must be a function, is ${typeof value}`)
}

/** Times are numbers, and text is none. @throws {TypeError} If `value` is no number. */
export function checkMilliseconds(action: string, name: string, value: unknown): asserts value is number {
  if (typeof value === 'number') return
  throw new TypeError(`Cannot ${action}: '${name}' must be a number of milliseconds, is ${show(value)}`)
}

/**
 * Tells a URL, and a host with a port, from a name or an address. What stands before an `@` is not shown: it may be a password.
 *
 * @throws {TypeError} If `host` is none.
 */
export function checkHost(action: string, host: unknown): void {
  const wanted = `Cannot ${action}: 'host' must be a name or an address`
  if (typeof host === 'object' && host !== null) throw new TypeError(`${wanted}, is ${classOf(host)}`)
  if (typeof host !== 'string' || host === '') throw new TypeError(`${wanted}, is ${show(host)}`)
  const shown = show(host.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, '$1...@'))
  if (host.includes('://')) throw new TypeError(`${wanted}, not a URL, is ${shown}; give the port as 'port'`)
  if (/[/@\s]/.test(host)) throw new TypeError(`${wanted}, nothing else, is ${shown}`)
  if (host.startsWith('[')) throw new TypeError(`${wanted}, without brackets; give the port as 'port'; is ${shown}`)
  if (/^[^:]*:\d*$/.test(host)) throw new TypeError(`${wanted}, is ${shown}; give the port as 'port'`)
}

/** A value for an error's text: short, and in one line. Objects that are more than data are told by their class. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null && !DATA.has(classOf(value))) return classOf(value)
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, SHORT).replace(/\s+/g, ' ')
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

const DATA: ReadonlySet<string> = new Set(['[object Object]', '[object Array]'])
/** Cycles and large integers are fine, code of the object does not run. */
const SHORT = { depth: 0, breakLength: Infinity, customInspect: false } as const
const LONGEST = 200

/** What an object is, such as `[object URL]`, where nothing of what is in it may be shown. */
export function classOf(value: unknown): string {
  return Object.prototype.toString.call(value)
}

const list = (names: OptionNames): string => `{ ${[...names].join(', ')} }`

/** @param within The name of the option that these are options of; undefined for the options themselves. */
function check(
  action: string,
  within: string | undefined,
  options: unknown,
  names: OptionNames,
  hints: Readonly<Record<string, string>> | undefined,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const what = within === undefined ? 'the options must be an object of' : `'${within}' must be`
    throw new TypeError(`Cannot ${action}: ${what} ${list(names)}, is ${show(options)}`)
  }
  // Inherited ones too: they would be heeded. An AbortSignal in place of `{ signal }` is found out by that as well.
  for (const name in options) if (!names.has(name)) refuse(action, within, options, name, names, hints)
}

function refuse(
  action: string,
  within: string | undefined,
  options: object,
  name: string,
  names: OptionNames,
  hints: Readonly<Record<string, string>> | undefined,
): void {
  // Somebody has put it into all objects there are, and nobody into these.
  if (name in Object.prototype && !Object.hasOwn(options, name)) return
  if (Reflect.get(options, name) === undefined) return
  const near = nearest(name, names)
  const meant = near === undefined ? `these are: ${list(names)}` : `did you mean '${near}'?`
  const hint = hints && Object.hasOwn(hints, name) ? hints[name] : meant
  throw new TypeError(`Cannot ${action}: '${within === undefined ? '' : `${within}.`}${name}' is no option; ${hint}`)
}

/** What options are called in other libraries, in small letters, and what here, as far as a call has such a one. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  abortsignal: ['signal'],
  bps: ['limit'],
  bytespersecond: ['limit'],
  concurrency: ['connections', 'parallel'],
  filter: ['include'],
  ignore: ['exclude'],
  localport: ['localAddress'],
  login: ['user'],
  maxconnections: ['connections'],
  pass: ['password'],
  passive: ['mode'],
  pasv: ['mode'],
  pasvurl: ['passiveHost'],
  rate: ['limit'],
  rejectunauthorized: ['tlsOptions'],
  retries: ['retry', 'attempts'],
  secure: ['tls'],
  secureoptions: ['tlsOptions'],
  ssl: ['tls'],
  start: ['offset'],
  username: ['user'],
  verbose: ['logger'],
}

/** The name that is meant, if one is near enough. */
function nearest(name: string, names: OptionNames): string | undefined {
  const plain = plainOf(name)
  const known = Object.hasOwn(ELSEWHERE, plain) ? ELSEWHERE[plain] : undefined
  const same = known?.find((each) => names.has(each))
  if (same !== undefined) return same
  // A name can be of any length; those that are much longer than ours are near to none.
  let least = plain.length > 64 ? 0 : plain.length < 3 ? 0 : plain.length < 6 ? 2 : 3
  let best: string | undefined
  for (const each of names) {
    const far = least === 0 ? 1 : distance(plain, plainOf(each))
    if (far >= least) continue
    least = far
    best = each
  }
  return best
}

/** `read_speed_limit` and `readspeedlimit` are `readSpeedLimit`. */
function plainOf(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase()
}

/** How many letters have to be put in, left out or changed, or neighbours exchanged, to make `a` of `b`. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(changed, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? least) + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length] ?? Infinity
}
