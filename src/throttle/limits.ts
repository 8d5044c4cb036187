import type { Rate } from '../units.ts'
import type { Throttles } from './flow.ts'
import { StreamThrottle } from './stream-throttle.ts'
import { gateOf, Throttle } from './throttle.ts'

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
    for (const throttle of Object.values(limits)) gateOf(throttle)
    return { ...limits }
  }
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
  return { [UNNAMED]: StreamThrottle.fromLimits({ readSpeedLimit: limits, writeSpeedLimit: limits }) }
}

export function checkStreamThrottle(name: string, value: unknown): asserts value is StreamThrottle {
  if (!(value instanceof StreamThrottle)) {
    throw new TypeError(`Cannot use throttle '${name}': must be a StreamThrottle, is ${typeof value}`)
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
 */
export function watchChanges<T>(
  initial: Readonly<Record<string, T>>,
  check: (name: string, value: unknown) => void,
  changed: (throttles: Readonly<Record<string, T>>) => void,
): Record<string, T> {
  return new Proxy<Record<string, T>>(
    { ...initial },
    {
      set(target, name, value) {
        check(String(name), value)
        const done = Reflect.set(target, name, value)
        changed(target)
        return done
      },
      deleteProperty(target, name) {
        const done = Reflect.deleteProperty(target, name)
        changed(target)
        return done
      },
    },
  )
}

function isNamed<T>(limits: Rate | null | Readonly<Record<string, T>>): limits is Readonly<Record<string, T>> {
  return typeof limits === 'object' && limits !== null
}
