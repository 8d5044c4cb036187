import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RingBuffer } from './ring-buffer.ts'

/** Fills a part of the place there is, and empties a part of the front, as a socket and a file do. */
const step = fc.record({
  fill: fc.double({ min: 0, max: 1, noNaN: true }),
  empty: fc.double({ min: 0, max: 1, noNaN: true }),
})

test('RingBuffer gives back what was filled in, in its order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ring = new RingBuffer(Buffer.alloc(1024))
      let filled = 0
      let emptied = 0
      // A socket is given its place before what lies there is emptied.
      let place = ring.place
      for (const { fill, empty } of steps) {
        if (ring.hasRoom) {
          const count = Math.ceil(fill * place.length)
          for (let at = 0; at < count; at++) place[at] = filled++ % 251
          ring.filled(count)
          place = ring.place
        }
        const front = ring.front
        const count = Math.floor(empty * front.length)
        for (let at = 0; at < count; at++) expect(front[at]).toBe(emptied++ % 251)
        ring.consume(count)
        expect(ring.length).toBe(filled - emptied)
      }
    }),
  )
})

test('RingBuffer.place is never empty for a socket that stops when there is no room', () => {
  const ring = new RingBuffer(Buffer.alloc(4096))
  while (ring.hasRoom) {
    expect(ring.place.length).toBeGreaterThan(0)
    ring.filled(ring.place.length)
  }
  // Told to stop, a socket has its next place already, and TLS may fill a few more.
  for (let more = 0; more < 4; more++) {
    const { place } = ring
    expect(place.length).toBeGreaterThan(0)
    ring.filled(place.length)
  }
  expect(ring.length).toBeLessThanOrEqual(4096)
})

test('RingBuffer.place leaves a quarter free for what comes after a socket was told to stop', () => {
  const ring = new RingBuffer(Buffer.alloc(4096))
  ring.filled(ring.place.length)
  expect(ring.length).toBe(3072)
  expect(ring.hasRoom).toBe(false)
})
