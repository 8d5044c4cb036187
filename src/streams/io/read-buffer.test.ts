import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ReadBuffer } from './read-buffer.ts'
import { newline, Separator } from './separator.ts'

/** Few different bytes, so that parts of separators turn up often; lengths on both sides of what is joined. */
const chunk = fc.oneof(
  fc.uint8Array({ max: 2, maxLength: 8 }),
  fc.uint8Array({ max: 2, minLength: 900, maxLength: 1200 }),
  fc.uint8Array({ max: 2, minLength: 3000, maxLength: 6000 }),
)

describe('ReadBuffer', () => {
  test('ReadBuffer does what a plain Buffer does that is concatenated each time', () => {
    const step = fc.oneof(
      fc.record({ push: chunk }),
      fc.record({ take: fc.nat(3000) }),
      fc.record({ takeAndPutBack: fc.array(fc.nat(2000), { maxLength: 3 }) }),
      fc.record({ find: fc.uint8Array({ max: 2, minLength: 1, maxLength: 5 }), from: fc.nat(5000) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const buffer = new ReadBuffer()
        let model = Buffer.alloc(0)
        for (const step of steps) {
          if ('push' in step) {
            const bytes = Buffer.from(step.push)
            buffer.push(bytes)
            model = Buffer.concat([model, bytes])
          } else if ('take' in step) {
            expect(buffer.take(step.take).equals(model.subarray(0, step.take))).toBe(true)
            model = model.subarray(step.take)
          } else if ('takeAndPutBack' in step) {
            buffer.putBack(step.takeAndPutBack.map((count) => buffer.take(count)))
          } else {
            const from = Math.min(step.from, model.length)
            expect(buffer.indexOf(new Separator(step.find), from)).toBe(model.indexOf(step.find, from))
          }
          expect(buffer.length).toBe(model.length)
        }
        expect(buffer.takeAll().equals(model)).toBe(true)
      }),
    )
  })

  test('ReadBuffer leaves the bytes alone that it has handed out', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 50 }), fc.nat(60)), { maxLength: 60 }), (steps) => {
        const buffer = new ReadBuffer()
        const taken: { readonly bytes: Buffer; readonly copy: Buffer }[] = []
        for (const [pushed, count] of steps) {
          buffer.push(Buffer.from(pushed))
          const bytes = buffer.take(count)
          taken.push({ bytes, copy: Buffer.from(bytes) })
        }
        for (const { bytes, copy } of taken) expect(bytes).toEqual(copy)
      }),
    )
  })

  test('ReadBuffer.take() gives slices of the chunk, not copies', () => {
    const buffer = new ReadBuffer()
    const chunk = Buffer.alloc(65_536, 1)
    buffer.push(Buffer.from('abc'))
    buffer.push(chunk)
    buffer.take(3)
    const [first, second] = [buffer.take(10_000), buffer.takeAll()]
    expect([first.buffer, first.byteOffset]).toEqual([chunk.buffer, chunk.byteOffset])
    expect([second.buffer, second.length]).toEqual([chunk.buffer, 55_536])
  })

  test('ReadBuffer.take() gives what there is, and nothing of nothing', () => {
    const buffer = new ReadBuffer()
    expect(buffer.take(5)).toHaveLength(0)
    buffer.push(Buffer.from('abc'))
    expect(buffer.take(0)).toHaveLength(0)
    expect(buffer.take(5).toString()).toBe('abc')
    expect(buffer.takeAll()).toHaveLength(0)
  })

  test('ReadBuffer.indexOf() finds a CRLF that was cut in two', () => {
    const buffer = new ReadBuffer()
    const crlf = new Separator('\r\n')
    buffer.push(Buffer.alloc(2000, '-'))
    buffer.push(Buffer.from(`${'='.repeat(2000)}\r`))
    expect(buffer.indexOf(crlf)).toBe(-1)
    buffer.push(Buffer.alloc(2000, '\n'))
    expect(buffer.indexOf(crlf, 4001 - 1)).toBe(4000)
    expect(buffer.indexOf(newline, 4001 - 1)).toBe(4001)
  })

  // Walking the list, or scanning it again, for each of these would take a minute.
  test('ReadBuffer.indexOf() goes over 256 KiB in chunks of 1 byte in linear time and memory', () => {
    const buffer = new ReadBuffer()
    const separator = new Separator(`${'a'.repeat(100)}b`)
    const one = Buffer.from('a')
    let from = 0
    let found = 0
    for (let count = 0; count < 2 ** 18; count++) {
      buffer.push(one)
      if (buffer.indexOf(separator, from) >= 0) found++
      from = Math.max(0, buffer.length - separator.length + 1)
    }
    expect(found).toBe(0)
    buffer.push(Buffer.from('b'))
    expect(buffer.indexOf(separator, from)).toBe(2 ** 18 - 100)
    expect(buffer.takeAll()).toHaveLength(2 ** 18 + 1)
  })
})

describe('Separator', () => {
  test.each([
    ['', RangeError],
    [new Uint8Array(), RangeError],
    [7, TypeError],
    [undefined, TypeError],
  ])('new Separator() refuses %j', (separator, error) => {
    expect(() => new Separator(separator as string)).toThrow(error)
  })

  test('new Separator() copies the bytes', () => {
    const bytes = Buffer.from('ab')
    const separator = new Separator(bytes)
    bytes.fill(0)
    expect(separator.bytes.toString()).toBe('ab')
  })
})
