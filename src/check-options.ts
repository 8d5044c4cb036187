/**
 * Refuses options that can only be a mistake: what is no object, and an object none of whose names is known. A limit that is
 * misspelt would not limit.
 *
 * @param action What can't be done then, such as `create a throttle`.
 * @throws {TypeError}
 */
export function checkOptions(action: string, options: unknown, names: readonly string[]): void {
  const known = `{ ${names.join(', ')} }`
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`Cannot ${action}: the options must be an object of ${known}, is ${JSON.stringify(options)}`)
  }
  const given = Object.keys(options)
  if (given.length === 0 || given.some((name) => names.includes(name))) return
  throw new TypeError(`Cannot ${action}: '${given.join("', '")}' is no option; these are: ${known}`)
}

/**
 * An option that is true or false; `usual` if it was not given.
 *
 * @throws {TypeError} If it is anything else.
 */
export function checkFlag(action: string, name: string, value: boolean | undefined, usual: boolean): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? usual
  throw new TypeError(`Cannot ${action}: '${name}' must be true or false, is ${JSON.stringify(value)}`)
}

/** @throws {RangeError} If `value` is none of `values`. */
export function checkOneOf(action: string, name: string, value: unknown, values: readonly unknown[]): void {
  if (values.includes(value)) return
  const choice = values.map((each) => JSON.stringify(each)).join(', ')
  throw new RangeError(`Cannot ${action}: '${name}' must be one of ${choice}, is ${JSON.stringify(value)}`)
}

/** @throws {TypeError} If `value` is there and is no function. */
export function checkFunction(action: string, name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new TypeError(`Cannot ${action}: '${name}' must be a function, is ${typeof value}`)
}
