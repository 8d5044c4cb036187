import type { Rate } from '../units.ts'
import type { Throttles } from './flow.ts'
import { StreamThrottle } from './stream-throttle.ts'
import { Throttle } from './throttle.ts'

/** How one direction of a stream can be limited: by a rate of its own, by a throttle, or by several with names. */
export type Limits = Rate | null | Throttle | Throttles

/** How both directions can be limited. A rate holds for each direction, a throttle for the sum of both. */
export type StreamLimits = Rate | null | Throttle | StreamThrottle | Readonly<Record<string, StreamThrottle>>

/** The name of a throttle that was given without one. */
const UNNAMED = 'default'

/**
 * @returns A new object that belongs to the caller.
 * @throws {TypeError | RangeError} If `limits` is none of what it can be.
 */
export function throttlesOf(limits: Limits): Record<string, Throttle> {
  if (limits instanceof Throttle) return { [UNNAMED]: limits }
  if (isNamed(limits)) {
    for (const [name, throttle] of Object.entries(limits)) checkThrottle(name, throttle)
    return { ...limits }
  }
  checkRate(limits, 'a Throttle, or an object of Throttles')
  return { [UNNAMED]: new Throttle({ limit: limits }) }
}

/**
 * @returns A new object that belongs to the caller.
 * @throws {TypeError | RangeError} If `limits` is none of what it can be.
 */
export function streamThrottlesOf(limits: StreamLimits): Record<string, StreamThrottle> {
  if (limits instanceof StreamThrottle) return { [UNNAMED]: limits }
  if (limits instanceof Throttle) return { [UNNAMED]: new StreamThrottle(limits, limits) }
  if (isNamed(limits)) {
    for (const [name, throttle] of Object.entries(limits)) checkStreamThrottle(name, throttle)
    return { ...limits }
  }
  checkRate(limits, 'a Throttle, a StreamThrottle, or an object of StreamThrottles')
  return { [UNNAMED]: StreamThrottle.fromLimits({ readSpeedLimit: limits, writeSpeedLimit: limits }) }
}

export function checkThrottle(name: string, value: unknown): asserts value is Throttle {
  if (value instanceof Throttle) return
  throw new TypeError(`Cannot use throttle '${name}': must be a Throttle, is ${kind(value)}`)
}

export function checkStreamThrottle(name: string, value: unknown): asserts value is StreamThrottle {
  if (!(value instanceof StreamThrottle)) {
    const remedy =
      value instanceof Throttle
        ? 'a Throttle; new StreamThrottle(it, it) limits the sum of both directions'
        : kind(value)
    throw new TypeError(`Cannot use throttle '${name}': must be a StreamThrottle, is ${remedy}`)
  }
}

/** The throttles for one direction, under the same names. */
export function directionOf(throttles: Readonly<Record<string, StreamThrottle>>, way: 'read' | 'write'): Throttles {
  return Object.fromEntries(Object.entries(throttles).map(([name, throttle]) => [name, throttle[way]]))
}

/**
 * An object that can be changed like any other, and tells of each change: `throttles.name = ...` and `delete throttles.name`.
 *
 * @param check Throws if a value can't be one of them; nothing is changed then.
 * @param changed Told what the object is going to be; if it throws, nothing is changed either.
 */
export function watchChanges<T>(
  initial: Readonly<Record<string, T>>,
  check: (name: string, value: unknown) => void,
  changed: (throttles: Readonly<Record<string, T>>) => void,
): Record<string, T> {
  // Without a prototype `__proto__` is a name like any other.
  const copy = (): Record<string, T> => Object.assign(Object.create(null), current)
  const current: Record<string, T> = Object.assign(Object.create(null), initial)
  return new Proxy(current, {
    defineProperty(target, name, { value }) {
      if (typeof name === 'symbol') throw new TypeError('Cannot use a throttle: its name must be a string')
      check(name, value)
      const next = copy()
      next[name] = value
      changed(next)
      target[name] = value
      return true
    },
    deleteProperty(target, name) {
      const next = copy()
      Reflect.deleteProperty(next, name)
      changed(next)
      return Reflect.deleteProperty(target, name)
    },
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  })
}

/** A plain object: an array, a Map or a Promise of throttles would not limit anything. */
function isNamed<T>(limits: unknown): limits is Readonly<Record<string, T>> {
  if (typeof limits !== 'object' || limits === null) return false
  const prototype = Object.getPrototypeOf(limits)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** What is neither a throttle nor several can only be a rate. */
function checkRate(limits: unknown, alternatives: string): asserts limits is Rate | null {
  if (limits === null || typeof limits === 'number' || typeof limits === 'string') return
  throw new TypeError(`Cannot limit a stream: the limits must be a rate, null, ${alternatives}, is ${kind(limits)}`)
}

function kind(value: unknown): string {
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
