import { expect, test } from 'vitest'

/** What is refused is of no type. */
export type Wrong = never

/** By title, the names that a call has, and how it takes its options. */
export type Calls = Readonly<Record<string, readonly [names: readonly string[], call: (options: Wrong) => unknown]>>

/** All names that a type has: one that is missing is an error of types. */
export function all<Options>(names: Readonly<Record<keyof Options & string, boolean>>): readonly string[] {
  return Object.keys(names).sort()
}

/**
 * Registers a test of each call: that it has these options, all of them and no other.
 *
 * @param happened What must be the same before and after a call that is refused.
 */
export function refusesOthers(calls: Calls, happened: () => unknown = () => undefined): void {
  for (const [title, [names, call]] of Object.entries(calls)) {
    test(`${title} takes its options and refuses any other, before anything happens`, async () => {
      const before = happened()
      const failure = async (options: unknown) =>
        (await (async () => call(options as Wrong))().catch((error: unknown) => error)) as Error
      const error = await failure({ [names[0] ?? '']: undefined, nonesuch: 1 })
      expect(error).toBeInstanceOf(TypeError)
      const [, list = ''] = /nonesuch' is no option; these are: \{ (.*) \}$/.exec(error.message) ?? []
      expect(list.split(', ').sort()).toEqual(names)
      const near = names.find((name) => name.length > 5)
      if (near !== undefined) {
        const slip = await failure({ [`${near}x`]: 1 })
        expect(slip.message).toContain(`${near}x' is no option; did you mean '${near}'?`)
      }
      expect(happened()).toEqual(before)
    })
  }
}
