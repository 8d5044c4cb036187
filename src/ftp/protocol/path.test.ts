import { posix } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../errors.ts'
import { baseName, formatQuotedPath, joinPath, normalizePath, parentPath, parseQuotedPath } from './path.ts'

const path = fc.array(fc.constantFrom('/', '.', '..', 'a', 'b c', '"', '\\', 'é')).map((parts) => parts.join(''))

describe('quoted paths', () => {
  test('formatQuotedPath() writes what parseQuotedPath() reads, whatever is behind it', () => {
    const rest = fc.constantFrom('', ' is the current directory', ' "a" b', 'x"')
    fc.assert(
      fc.property(fc.oneof(path, fc.string()), rest, (path, rest) => {
        expect(parseQuotedPath(formatQuotedPath(path) + rest)).toBe(path)
      }),
    )
  })

  const good: readonly (readonly [text: string, path: string])[] = [
    ['"/" is the current directory', '/'],
    ['"/a ""b"" c" created', '/a "b" c'],
    ['Directory "a" created', 'a'],
    ['""', ''],
    ['""""', '"'],
    ['"a"b', 'a'],
  ]
  for (const [text, path] of good) {
    test(`parseQuotedPath() reads ${JSON.stringify(text)}`, () => expect(parseQuotedPath(text)).toBe(path))
  }

  for (const text of ['', '/home', '"', '"/home', '"/home""', '"""']) {
    test(`parseQuotedPath() refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseQuotedPath(text)).toThrow(ProtocolError)
    })
  }

  test('parseQuotedPath() throws nothing but a ProtocolError', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('"', 'a', ' ')), (parts) => {
        try {
          parseQuotedPath(parts.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
    )
  })
})

describe('joinPath()', () => {
  const cases: readonly (readonly [parts: readonly string[], path: string])[] = [
    [[], ''],
    [['', ''], ''],
    [['a'], 'a'],
    [['/', 'a'], '/a'],
    [['/a', 'b', 'c'], '/a/b/c'],
    [['/a/', 'b'], '/a/b'],
    [['a', '', 'b'], 'a/b'],
    [['/a', '/b', 'c'], '/b/c'],
    [['/a', '../b'], '/a/../b'],
  ]
  for (const [parts, path] of cases) {
    test(`joinPath() makes ${path || 'nothing'} of ${JSON.stringify(parts)}`, () =>
      expect(joinPath(...parts)).toBe(path))
  }
})

describe('normalizePath()', () => {
  const cases: readonly (readonly [path: string, normal: string])[] = [
    ['/', '/'],
    ['//', '/'],
    ['/a//b/', '/a/b'],
    ['/./a/.', '/a'],
    ['/a/../b', '/b'],
    ['/../..', '/'],
    ['/../../a', '/a'],
    ['', '.'],
    ['a/..', '.'],
    ['a/../..', '..'],
    ['../../a', '../../a'],
    ['...', '...'],
  ]
  for (const [path, normal] of cases) {
    test(`normalizePath() makes ${normal} of ${path || 'nothing'}`, () => expect(normalizePath(path)).toBe(normal))
  }

  test('normalizePath() does as POSIX does, but for the / at the end', () => {
    fc.assert(
      fc.property(path, (path) => {
        const expected = posix.normalize(path)
        expect(normalizePath(path)).toBe(expected === '/' ? '/' : expected.replace(/\/$/, ''))
      }),
    )
  })

  test('normalizePath() never leads above the root', () => {
    fc.assert(
      fc.property(path, (path) => {
        expect(normalizePath(joinPath('/home', path))).toMatch(/^\/(?!\.\.?(?:\/|$))/)
        expect(normalizePath(joinPath('/home', path)).split('/')).not.toContain('..')
      }),
    )
  })
})

describe('baseName() and parentPath()', () => {
  const cases: readonly (readonly [path: string, parent: string, base: string])[] = [
    ['/a/b', '/a', 'b'],
    ['/a/b//', '/a', 'b'],
    ['/a//b', '/a', 'b'],
    ['/a', '/', 'a'],
    ['//a', '/', 'a'],
    ['/', '/', ''],
    ['//', '/', ''],
    ['a', '.', 'a'],
    ['a/', '.', 'a'],
    ['a/b', 'a', 'b'],
    ['', '.', ''],
  ]
  for (const [path, parent, base] of cases) {
    test(`parentPath() and baseName() take ${path || 'nothing'} apart`, () => {
      expect([parentPath(path), baseName(path)]).toEqual([parent, base])
    })
  }

  test('parentPath() and baseName() are two halves of a path', () => {
    fc.assert(
      fc.property(path, (path) => {
        expect(normalizePath(joinPath(parentPath(path), baseName(path)))).toBe(normalizePath(path))
        expect(baseName(path)).not.toContain('/')
      }),
    )
  })
})
