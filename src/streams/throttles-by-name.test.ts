import { expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle } from '../throttle/throttle.ts'
import { throttle, throttleWeb } from './throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Streams whose throttles can be changed, in the midst of a chunk of 10 MiB which is being read all the time. */
const kinds = [
  {
    name: 'throttle()',
    start(limits: Record<string, Throttle>) {
      const stream = throttle(limits)
      const seen = { bytes: 0, pieces: 0 }
      stream.on('data', (piece) => {
        seen.bytes += piece.length
        seen.pieces++
      })
      stream.write(Buffer.alloc(10 * MiB))
      return { stream, seen, end: async () => void stream.destroy() }
    },
  },
  {
    name: 'throttleWeb()',
    start(limits: Record<string, Throttle>) {
      const stream = throttleWeb(limits)
      const seen = { bytes: 0, pieces: 0 }
      const reader = stream.readable.getReader()
      const read = async () => {
        for (;;) {
          const { value, done } = await reader.read()
          if (done) return
          seen.bytes += value.byteLength
          seen.pieces++
        }
      }
      const reading = read()
      const writing = stream.writable
        .getWriter()
        .write(Buffer.alloc(10 * MiB))
        .catch(() => {})
      const end = async () => {
        await reader.cancel()
        await Promise.all([reading, writing])
      }
      return { stream, seen, end }
    },
  },
]

for (const { name, start } of kinds) {
  test(`${name} takes throttles that are added, changed and deleted in the midst of a chunk`, async () => {
    const clock = new VirtualClock()
    const make = (limit: number) => new Throttle({ limit, clock })
    const { stream, seen, end } = start({ first: make(100 * KiB) })
    const second = async () => {
      const before = seen.bytes
      await clock.advance(1000)
      return (seen.bytes - before) / KiB
    }
    const near = (rate: number) => (bytes: number) => Math.abs(bytes / rate - 1) < 0.05
    expect(await second()).toSatisfy(near(100))
    expect(stream.stats.heldBy?.name).toBe('first')

    stream.throttles.second = make(10 * KiB)
    expect(Object.keys(stream.throttles)).toEqual(['first', 'second'])
    expect(await second()).toSatisfy(near(10))
    expect(stream.stats.heldBy?.name).toBe('second')
    expect(stream.stats.heldBy?.until).toBeGreaterThanOrEqual(clock.now())

    const replaced = stream.throttles.second
    stream.throttles.second = make(50 * KiB)
    expect(await second()).toSatisfy(near(50))
    expect(replaced.stats.waiters).toBe(0)

    stream.throttles.second.pause()
    await clock.advance(10)
    const paused = seen.bytes
    await clock.advance(1000)
    expect(seen.bytes).toBe(paused)
    expect(stream.stats.heldBy).toEqual({ name: 'second', until: Infinity })
    expect(clock.pending).toBe(0)

    delete stream.throttles.second
    expect(await second()).toSatisfy(near(100))
    expect(stream.stats.heldBy?.name).toBe('first')

    delete stream.throttles.first
    await clock.advance(0)
    expect(seen.bytes).toBe(10 * MiB)
    expect(stream.stats).toMatchObject({ bytes: 10 * MiB, heldBy: undefined })
    await end()
    expect(clock.pending).toBe(0)
  })

  test(`${name} holds to throttles whatever their names`, async () => {
    const clock = new VirtualClock()
    const make = () => new Throttle({ limit: 10 * KiB, clock })
    const given = { ['__proto__']: make(), constructor: make(), toString: make(), '': make() }
    const { stream, seen, end } = start(given)
    stream.throttles.valueOf = make() as never
    // An assignment of this name must not go to the object's prototype.
    for (const [name, throttle] of Object.entries(given)) stream.throttles[name] = throttle as Throttle
    await clock.advance(1000)
    for (const throttle of Object.values(given)) expect(throttle.stats.bytes).toBe(seen.bytes)
    // This one came after the first piece.
    expect((stream.throttles.valueOf as unknown as Throttle).stats.bytes).toBeGreaterThan(seen.bytes - KiB)
    expect(Object.keys(stream.throttles)).toEqual(['__proto__', 'constructor', 'toString', '', 'valueOf'])
    expect(seen.bytes / (10 * KiB)).toBeCloseTo(1, 1)
    await end()
  })

  for (const [title, value] of [
    ['a rate', 1],
    ['undefined', undefined],
    ['null', null],
    ['an object', {}],
  ] as const) {
    test(`${name} refuses ${title} in the place of a throttle, and goes on as before`, async () => {
      const clock = new VirtualClock()
      const first = new Throttle({ limit: 10 * KiB, clock })
      const { stream, seen, end } = start({ first })
      for (const key of ['first', 'second', '__proto__']) {
        expect(() => {
          stream.throttles[key] = value as unknown as Throttle
        }).toThrow(TypeError)
      }
      expect({ ...stream.throttles }).toEqual({ first })
      await clock.advance(1000)
      expect(seen.bytes / (10 * KiB)).toBeCloseTo(1, 1)
      await end()
    })
  }

  test(`${name} refuses a throttle with another clock beside the others, and goes on as before`, async () => {
    const clock = new VirtualClock()
    const first = new Throttle({ limit: 10 * KiB, clock })
    const { stream, seen, end } = start({ first })
    expect(() => {
      stream.throttles.second = new Throttle({ clock: new VirtualClock() })
    }).toThrow(TypeError)
    expect(Object.keys(stream.throttles)).toEqual(['first'])
    await clock.advance(1000)
    expect(seen.bytes / (10 * KiB)).toBeCloseTo(1, 1)
    await end()
  })

  test(`${name} does not see changes of the object it was given`, async () => {
    const clock = new VirtualClock()
    const given: Record<string, Throttle> = { first: new Throttle({ limit: 10 * KiB, clock }) }
    const { seen, end } = start(given)
    delete given.first
    await clock.advance(1000)
    expect(seen.bytes / (10 * KiB)).toBeCloseTo(1, 1)
    await end()
  })

  test(`${name} reports to a throttle that watches from when it was added until it was deleted`, async () => {
    const clock = new VirtualClock()
    let reported = 0
    class Watching extends Throttle {
      override append(data: Uint8Array | number, start?: number): void {
        reported += (data as Uint8Array).byteLength
        super.append(data, start)
      }
    }
    const { stream, seen, end } = start({ first: new Throttle({ limit: 10 * KiB, clock }) })
    await clock.advance(1000)
    const before = seen.bytes
    const watching = new Watching({ clock })
    stream.throttles.watching = watching
    await clock.advance(1000)
    delete stream.throttles.watching
    const watched = seen.bytes - before
    await clock.advance(1000)
    expect(watched).toBeGreaterThan(9 * KiB)
    expect(reported).toBe(watched)
    expect(watching.stats.bytes).toBe(watched)
    await end()
  })
}
