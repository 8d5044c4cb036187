import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseFeatures } from './features.ts'

const cases: readonly (readonly [
  what: string,
  lines: readonly string[],
  features: Readonly<Record<string, string>>,
])[] = [
  [
    'names and parameters',
    ['Features:', ' MDTM', ' MLST type*;size*;', ' REST STREAM', 'End'],
    { MDTM: '', MLST: 'type*;size*;', REST: 'STREAM' },
  ],
  ['names in lower case', ['F', ' utf8', 'End'], { UTF8: '' }],
  [
    'lines without a space, with more, with a tab',
    ['F', 'SIZE', '   EPSV ', ' PROT\tC;P', '', 'End'],
    { SIZE: '', EPSV: '', PROT: 'C;P' },
  ],
  ['a name that comes again', ['F', ' AUTH SSL', ' AUTH TLS', ' AUTH', 'End'], { AUTH: 'SSL;TLS' }],
  ['no features', ['No features'], {}],
  ['nothing', [], {}],
  ['names of Object', ['F', ' __proto__ a', 'End'], { __PROTO__: 'a' }],
]
for (const [what, lines, features] of cases) {
  test(`parseFeatures() reads ${what}`, () => {
    expect([...parseFeatures(lines)]).toEqual(Object.entries(features))
  })
}

test('parseFeatures() never throws', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (lines) => {
      for (const name of parseFeatures(lines).keys()) expect(name).toMatch(/^\S+$/)
    }),
  )
})
