import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PartialLine } from './partial-line.ts'

test('PartialLine does what a plain Buffer does that is concatenated each time', () => {
  const step = fc.oneof(fc.record({ append: fc.uint8Array({ maxLength: 100 }) }), fc.record({ take: fc.uint8Array() }))
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const line = new PartialLine()
      let model = Buffer.alloc(0)
      for (const step of steps) {
        if ('append' in step) {
          line.append(step.append)
          model = Buffer.concat([model, step.append])
        } else {
          expect(Buffer.from(line.take(step.take))).toEqual(Buffer.concat([model, step.take]))
          model = Buffer.alloc(0)
        }
        expect(line.length).toBe(model.length)
        expect(line.at(0)).toBe(model.at(0))
        expect(line.at(model.length)).toBeUndefined()
      }
    }),
  )
})

test('PartialLine.append() copies, so that the bytes may be used again', () => {
  const line = new PartialLine()
  const bytes = Buffer.from('ab')
  line.append(bytes)
  bytes.fill(0)
  expect(Buffer.from(line.take(Buffer.from('c'))).toString()).toBe('abc')
})

test('PartialLine.take() leaves alone what it gave before', () => {
  const line = new PartialLine()
  line.append(Buffer.from('first'))
  const first = line.take(Buffer.from('.'))
  line.append(Buffer.from('second'))
  expect(Buffer.from(first).toString()).toBe('first.')
})
