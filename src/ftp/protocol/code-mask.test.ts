import { expect, test } from 'vitest'
import { type CodeMask, checkMasks, matchesCode } from './code-mask.ts'

const cases: readonly (readonly [code: number, masks: CodeMask, fits: boolean])[] = [
  [226, '226', true],
  [226, '2xx', true],
  [226, '22X', true],
  [226, 'xxx', true],
  [226, 'x2x', true],
  [226, '227', false],
  [226, '1xx', false],
  [331, '33x', true],
  [340, '33x', false],
  [226, ['1xx', '2xx'], true],
  [426, ['1xx', '2xx'], false],
  [226, [], false],
  [226, '22', false],
  [226, '2266', false],
]
for (const [code, masks, fits] of cases) {
  test(`matchesCode() says that ${code} ${fits ? 'fits' : 'does not fit'} ${JSON.stringify(masks)}`, () => {
    expect(matchesCode(code, masks)).toBe(fits)
  })
}

for (const masks of ['2xx', '226', 'XXX', ['1xx', '33x'], []]) {
  test(`checkMasks() accepts ${JSON.stringify(masks)}`, () => {
    expect(() => checkMasks(masks)).not.toThrow()
  })
}

for (const masks of ['', '2x', '2xxx', '2**', ' 2xx', '2xx\n', ['2xx', 'abc']]) {
  test(`checkMasks() refuses ${JSON.stringify(masks)}, and shows it`, () => {
    expect(() => checkMasks(masks)).toThrow(RangeError)
    expect(() => checkMasks(masks)).toThrow(JSON.stringify(typeof masks === 'string' ? masks : 'abc'))
  })
}

for (const masks of [226, null, undefined, {}, ['2xx', 226]]) {
  test(`checkMasks() refuses the type of ${JSON.stringify(masks)}`, () => {
    expect(() => checkMasks(masks as CodeMask)).toThrow(TypeError)
  })
}
