import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Glob } from './glob.ts'

const cases: { pattern: string; yes: string[]; no: string[] }[] = [
  { pattern: 'a', yes: ['a', 'x/a', 'x/y/a'], no: ['b', 'ab', 'a/b', 'A'] },
  { pattern: '/a', yes: ['a'], no: ['x/a', 'a/b'] },
  { pattern: './a', yes: ['a'], no: ['x/a'] },
  { pattern: 'a/b', yes: ['a/b'], no: ['b', 'x/a/b', 'a/x/b', 'a/b/c'] },
  { pattern: '*.log', yes: ['a.log', '.log', 'x/y/a.log', '..log'], no: ['a.logs', 'a.log/b', 'log'] },
  { pattern: '/*.log', yes: ['a.log'], no: ['x/a.log'] },
  { pattern: 'a*b*c', yes: ['abc', 'aXbXc', 'abbcc', 'abcbc'], no: ['ab', 'acb', 'xabc'] },
  { pattern: 'a**c', yes: ['ac', 'abc'], no: ['a/c'] },
  { pattern: '?', yes: ['a', 'ü', '😀', '\uDC80', 'x/a'], no: ['ab', ''] },
  { pattern: 'a?c', yes: ['abc', 'a.c'], no: ['ac', 'a/c'] },
  { pattern: '[abc]', yes: ['a', 'c'], no: ['d', '[abc]'] },
  { pattern: '[!abc]', yes: ['d', '!'], no: ['a', ''] },
  { pattern: '[^abc]', yes: ['d', '^'], no: ['a'] },
  { pattern: '[a-cx-]', yes: ['b', 'x', '-'], no: ['d'] },
  { pattern: '[]a]', yes: [']', 'a'], no: ['[]a]'] },
  { pattern: '[!]a]', yes: ['b'], no: [']', 'a'] },
  { pattern: '[\\]]', yes: [']'], no: ['\\'] },
  { pattern: '[a\\-c]', yes: ['-', 'a', 'c'], no: ['b'] },
  { pattern: '[ü-ÿ]', yes: ['ý'], no: ['u'] },
  { pattern: '\\*', yes: ['*'], no: ['a', '\\*'] },
  { pattern: '\\[a]', yes: ['[a]'], no: ['a'] },
  { pattern: '**', yes: ['a', 'a/b', 'a/b/c'], no: [] },
  { pattern: '**/a', yes: ['a', 'x/a', 'x/y/a'], no: ['b', 'a/x'] },
  { pattern: '**/**/**/a', yes: ['a', 'x/a'], no: ['b'] },
  { pattern: 'a/**', yes: ['a/b', 'a/b/c'], no: ['a', 'x/a/b'] },
  { pattern: 'a/**/b', yes: ['a/b', 'a/x/b', 'a/x/y/b'], no: ['b', 'a', 'ab', 'a/b/c'] },
  { pattern: '**/a/**', yes: ['a/b', 'x/a/b/c'], no: ['a', 'x/a'] },
  { pattern: 'a//b', yes: ['a/b'], no: [] },
  { pattern: '{a,b}', yes: ['{a,b}'], no: ['a'] },
  { pattern: ' a ', yes: [' a '], no: ['a'] },
]

for (const { pattern, yes, no } of cases) {
  test(`Glob.matches() tells what ${JSON.stringify(pattern)} is for`, () => {
    const glob = new Glob(pattern)
    expect(yes.filter((path) => !glob.matches(path, false))).toEqual([])
    expect(no.filter((path) => glob.matches(path, false))).toEqual([])
  })
}

test('Glob.matches() takes a pattern with a slash behind it for folders only', () => {
  const glob = new Glob('build/')
  expect([glob.matches('x/build', true), glob.matches('x/build', false)]).toEqual([true, false])
})

const folders = [
  { pattern: '*.txt', folder: 'a/b', can: true },
  { pattern: '/*.txt', folder: 'a', can: false },
  { pattern: 'a/*.txt', folder: 'a', can: true },
  { pattern: 'a/*.txt', folder: 'b', can: false },
  { pattern: 'a/*.txt', folder: 'a/b', can: false },
  { pattern: 'a/**', folder: 'a/b/c', can: true },
  { pattern: 'a/**/z', folder: 'a/b/c', can: true },
  { pattern: 'a/b', folder: 'a/b', can: false },
]
for (const { pattern, folder, can } of folders) {
  test(`Glob.canMatchBelow() says ${can} for ${pattern} and ${folder}`, () => {
    expect(new Glob(pattern).canMatchBelow(folder)).toBe(can)
  })
}

for (const pattern of ['', '/', './', '[a', 'a/[!', '[]', 'a\\', '[a/b]']) {
  test(`new Glob() refuses ${JSON.stringify(pattern)}`, () => {
    expect(() => new Glob(pattern)).toThrow(RangeError)
  })
}

test('Glob.matches() agrees with the same pattern as an expression', () => {
  const part = fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]')
  const path = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 4,
  })
  const segment = fc.oneof(
    { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.constant('**') },
  )
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), path, (segments, names) => {
      const expected = expressionOf(segments).test(`/${names.join('/')}`)
      expect(new Glob(`/${segments.join('/')}`).matches(names.join('/'), false)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})

/** Two stars in a row, which only make `**` if they stand alone, are one. */
function expressionOf(segments: readonly string[]): RegExp {
  const text = segments.map((segment, place) => {
    if (segment === '**') return place === segments.length - 1 ? '(/[^/]+)+' : '(/[^/]+)*'
    return `/${segment.replaceAll('[!a]', '[^a/]').replace(/\*+/g, '[^/]*').replaceAll('?', '[^/]')}`
  })
  return new RegExp(`^${text.join('')}$`)
}

test('Glob.matches() takes no more than twice as long, and a bit, for a path that is twice as long', () => {
  const hard = [
    { pattern: `${'*a'.repeat(20)}*b`, path: (n: number) => 'a'.repeat(n) },
    { pattern: `${'**/*a/'.repeat(10)}b`, path: (n: number) => 'a/'.repeat(n / 2).slice(0, -1) },
  ]
  for (const { pattern, path } of hard) {
    const glob = new Glob(pattern)
    const cost = (n: number) => {
      const text = path(n)
      let best = Infinity
      for (let i = 0; i < 5; i++) {
        const start = performance.now()
        expect(glob.matches(text, false)).toBe(false)
        best = Math.min(best, performance.now() - start)
      }
      return best
    }
    cost(1000)
    // Quadratic time would be 64 times as long.
    expect(cost(80_000)).toBeLessThan(8 * 4 * cost(10_000) + 20)
  }
})
