import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Encoding, type TextCodec, textCodec } from './codec.ts'

const utf8 = textCodec('utf8')
const latin1 = textCodec('latin1')

/** Bytes that are UTF-8 here and there. */
const nearlyUtf8 = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }),
      fc.constantFrom(
        [0xed, 0xa0, 0x80],
        [0xc0, 0x80],
        [0xe0, 0x9f, 0xbf],
        [0xf0, 0x8f, 0xbf, 0xbf],
        [0xf4, 0x90, 0x80, 0x80],
      ),
      fc.constantFrom([0xef, 0xbf, 0xbd], [0xef, 0xbb, 0xbf], [0xe2, 0x82], [0xf0, 0x9f, 0x98]),
    ),
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))))

describe('utf8', () => {
  test('decode() and encode() give any bytes back', () => {
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        expect(utf8.encode(utf8.decode(bytes))).toEqual(bytes)
      }),
    )
  })

  test('encode() and decode() give any text back that has no lone surrogates', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8.decode(utf8.encode(text))).toBe(text)
      }),
    )
  })

  test('decode() escapes bytes where, and only where, a strict decoder refuses them', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        const text = utf8.decode(bytes)
        if (/\p{Surrogate}/u.test(text)) expect(() => strict.decode(bytes)).toThrow(TypeError)
        else expect(text).toBe(strict.decode(bytes))
      }),
    )
  })

  const cases: readonly (readonly [what: string, bytes: readonly number[], text: string])[] = [
    ['ASCII', [0x61, 0x62], 'ab'],
    ['two to four bytes', [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], 'é€😀'],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], '\uFEFFa'],
    ['a real replacement character', [0xef, 0xbf, 0xbd, 0xe9], '\uFFFD\uDCE9'],
    ['ISO 8859-1', [0x63, 0x61, 0x66, 0xe9], 'caf\uDCE9'],
    ['a character cut off', [0x61, 0xe2, 0x82], 'a\uDCE2\uDC82'],
    ['a character cut off by another', [0xe2, 0x82, 0xc3, 0xa9], '\uDCE2\uDC82é'],
    ['ASCII in more bytes than needed', [0xc1, 0x81], '\uDCC1\uDC81'],
    ['a surrogate', [0xed, 0xb2, 0x80], '\uDCED\uDCB2\uDC80'],
    ['what is above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], '\uDCF4\uDC90\uDC80\uDC80'],
    ['what is far above U+10FFFF', [0xf5, 0x80, 0x80, 0x80], '\uDCF5\uDC80\uDC80\uDC80'],
  ]
  for (const [what, bytes, text] of cases) {
    test(`decode() reads ${what}`, () => {
      expect(utf8.decode(Uint8Array.from(bytes))).toBe(text)
      expect([...utf8.encode(text)]).toEqual(bytes)
    })
  }

  test('decode() reads a part of a larger buffer', () => {
    expect(utf8.decode(new Uint8Array([0x61, 0x62, 0xff, 0x63]).subarray(1, 3))).toBe('b\uDCFF')
  })

  test('encode() writes a lone surrogate that is no escaped byte as U+FFFD', () => {
    expect(utf8.encode('a\uD800b\uDC7F\uDC80')).toEqual(Buffer.from([...Buffer.from('a\uFFFDb\uFFFD'), 0x80]))
  })
})

describe('latin1', () => {
  test('decode() and encode() give any bytes back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(new Uint8Array(latin1.encode(latin1.decode(bytes)))).toEqual(bytes)
      }),
    )
  })

  for (const text of ['€', 'a\u010A', '😀', '\uDC80']) {
    test(`encode() refuses ${JSON.stringify(text)}`, () => {
      expect(() => latin1.encode(text)).toThrow(RangeError)
      expect(() => latin1.encode(text)).toThrow(/^Cannot encode ".*" as latin1: it has a character above U\+00FF$/)
    })
  }
})

describe('textCodec()', () => {
  test('gives a codec as it is', () => {
    const codec: TextCodec = { decode: () => 'text', encode: () => Buffer.from('bytes') }
    expect(textCodec(codec)).toBe(codec)
  })

  for (const wrong of ['UTF-16', 'toString', '', 8, null, undefined, {}, { decode: () => '' }, Symbol('utf8')]) {
    test(`refuses ${String(wrong)}`, () => {
      expect(() => textCodec(wrong as Encoding)).toThrow(TypeError)
      expect(() => textCodec(wrong as Encoding)).toThrow(/^Cannot use .* as an encoding: /)
    })
  }
})
