import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPartialName, markName, partialName, uniquePartialName } from './partial-names.ts'

const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }).filter((name) => !/[/\0]/.test(name))

describe('partialName()', () => {
  test('is a name that a file system takes, hidden, and known as such', () => {
    fc.assert(
      fc.property(names, (name) => {
        for (const temporary of [partialName(name), uniquePartialName(name), markName(name)]) {
          expect(Buffer.byteLength(temporary)).toBeLessThanOrEqual(255)
          expect(temporary.startsWith('.')).toBe(true)
          expect(isPartialName(temporary)).toBe(true)
        }
      }),
    )
  })

  test('is the same each time, and another one for another name', () => {
    const long = 'x'.repeat(254)
    expect(partialName('report.csv')).toBe('.report.csv.sluice-part')
    expect(partialName(`${long}a`)).toBe(partialName(`${long}a`))
    expect(partialName(`${long}a`)).not.toBe(partialName(`${long}b`))
    expect(uniquePartialName('x')).not.toBe(uniquePartialName('x'))
  })
})

test('isPartialName() lets other names be', () => {
  for (const name of ['report.csv', '.hidden', 'x.sluice-part', '.sluice', '']) expect(isPartialName(name)).toBe(false)
})
