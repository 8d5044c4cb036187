import { getEventListeners } from 'node:events'
import { readFile } from 'node:fs/promises'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BusyError } from '../errors.ts'
import { StuckError } from './stuck-error.ts'
import { VirtualClock } from './virtual-clock.ts'

test('VirtualClock.now() starts at 0, or where it was told to', () => {
  expect(new VirtualClock().now()).toBe(0)
  expect(new VirtualClock({ start: 1234.5 }).now()).toBe(1234.5)
})

test('VirtualClock.run() gives what the body returns, at the virtual time at which it does', async () => {
  const clock = new VirtualClock({ start: 5 })
  const result = await clock.run(async () => {
    await clock.sleep(3_600_000)
    await clock.sleep(0.25)
    return clock.now()
  })
  expect(result).toBe(3_600_005.25)
  expect(clock.now()).toBe(3_600_005.25)
  expect(clock.pending).toBe(0)
})

test('VirtualClock.run() takes a promise, and a body that returns no promise', async () => {
  const clock = new VirtualClock()
  expect(await clock.run(clock.sleep(10).then(() => 'slept'))).toBe('slept')
  expect(await clock.run(() => 'at once')).toBe('at once')
  expect(clock.now()).toBe(10)
})

test('VirtualClock.run() rejects with what the body throws, and can run again', async () => {
  const clock = new VirtualClock()
  const error = new Error('body')
  const failing = [
    () => {
      throw error
    },
    () => Promise.reject(error),
    () => clock.sleep(5).then(() => Promise.reject(error)),
  ]
  for (const body of failing) await expect(clock.run(body)).rejects.toBe(error)
  expect(await clock.run(() => clock.sleep(5))).toBe(undefined)
  expect(clock.now()).toBe(10)
})

test('VirtualClock.run() rejects with what a wake throws, and leaves the others asleep', async () => {
  const clock = new VirtualClock()
  const error = new Error('wake')
  clock.sleepUntil(5, () => {
    throw error
  })
  clock.sleepUntil(6, () => {})
  await expect(clock.run(() => clock.sleep(10))).rejects.toBe(error)
  expect([clock.now(), clock.pending]).toEqual([5, 2])
})

test('VirtualClock.run() says so when nothing can run any more', async () => {
  const clock = new VirtualClock({ grace: 0 })
  clock.sleepUntil(20, () => {})
  const stuck = await clock.run(() => new Promise<never>(() => {})).catch((error: StuckError) => error)
  expect(stuck).toBeInstanceOf(StuckError)
  expect(stuck).toMatchObject({ code: 'ERR_SLUICE_STUCK', time: 20, pending: 0 })
  expect(stuck.message).toBe(
    'Cannot finish at 20 ms: deadlock, nothing can run any more and the body has not settled; pending sleepers: 0',
  )
})

test('VirtualClock.run() takes a sleep until Infinity for no sleep at all', async () => {
  const clock = new VirtualClock({ grace: 0 })
  const cancel = clock.sleepUntil(Infinity, () => {})
  await expect(clock.run(() => new Promise(() => {}), { within: Infinity })).rejects.toMatchObject({
    time: 0,
    pending: 1,
  })
  cancel()
  expect(clock.pending).toBe(0)
})

test('VirtualClock.run() waits for real I/O while nobody sleeps', async () => {
  const clock = new VirtualClock({ grace: 10_000 })
  await clock.run(async () => {
    for (let i = 0; i < 3; i++) {
      await readFile(new URL(import.meta.url))
      await clock.sleep(1000)
    }
    await readFile(new URL(import.meta.url))
  })
  expect(clock.now()).toBe(3000)
})

test('VirtualClock.run() gives up on a body that takes longer than it may', async () => {
  const clock = new VirtualClock()
  const keepAlive = () => {
    clock.sleepUntil(clock.now() + 1000, keepAlive)
  }
  keepAlive()
  const hanging = clock.run(() => new Promise(() => {}), { within: 60_500 })
  await expect(hanging).rejects.toThrow(
    'Cannot finish at 60500 ms: the body did not settle within its time; pending sleepers: 1',
  )
  expect(clock.now()).toBe(60_500)
})

for (const drive of ['run', 'advance'] as const) {
  test(`VirtualClock.${drive}() gives up when time stands still`, async () => {
    const clock = new VirtualClock({ wakesPerMoment: 1000 })
    // Adding less than half a unit in the last place adds nothing.
    const spin = () => {
      clock.sleepUntil(clock.now() + 1e-15, spin)
    }
    clock.sleepUntil(100, spin)
    const driven = drive === 'run' ? clock.run(() => new Promise(() => {})) : clock.advance(200)
    await expect(driven).rejects.toThrow('Cannot finish at 100 ms: time stands still, though 1000 sleepers woke')
  })

  test(`VirtualClock.${drive}() ends with the reason of its signal, and keeps no listener`, async () => {
    const clock = new VirtualClock()
    const start = (signal: AbortSignal) =>
      drive === 'run' ? clock.run(() => clock.sleep(100), { signal }) : clock.advance(100, { signal })
    const controller = new AbortController()
    const { signal } = controller
    const reason = new Error('stop')
    clock.sleepUntil(50, () => controller.abort(reason))
    await expect(start(signal)).rejects.toBe(reason)
    await expect(start(signal)).rejects.toBe(reason)
    expect(clock.now()).toBe(50)
    const unused = new AbortController().signal
    await start(unused)
    expect([signal, unused].map((one) => getEventListeners(one, 'abort').length)).toEqual([0, 0])
  })

  test(`VirtualClock.${drive}() refuses to be driven twice at once, and leaves the first drive alone`, async () => {
    const clock = new VirtualClock()
    const first = drive === 'run' ? clock.run(() => clock.sleep(100)) : clock.advance(100)
    await expect(clock.advance(1)).rejects.toBeInstanceOf(BusyError)
    let called = false
    const second = clock.run(() => {
      called = true
    })
    await expect(second).rejects.toBeInstanceOf(BusyError)
    await first
    expect([clock.now(), called]).toEqual([100, false])
  })
}

test('VirtualClock.run() leaves whoever still sleeps asleep, and time stands still again', async () => {
  const clock = new VirtualClock()
  let isAwake = false
  clock.sleepUntil(100, () => {
    isAwake = true
  })
  await clock.run(() => clock.sleep(99))
  for (let i = 0; i < 5; i++) await new Promise(setImmediate)
  expect([clock.now(), clock.pending, isAwake]).toEqual([99, 1, false])
})

test('VirtualClock.run() ends no later drive when its own body settles after all', async () => {
  const clock = new VirtualClock({ grace: 0 })
  let release = () => {}
  const late = new Promise<void>((resolve) => {
    release = resolve
  })
  await expect(clock.run(late)).rejects.toBeInstanceOf(StuckError)
  await clock.run(async () => {
    release()
    await clock.sleep(10)
  })
  expect(clock.now()).toBe(10)
})

test('VirtualClock.advance() wakes all who are due on the way, at their times, and arrives at its end', async () => {
  const clock = new VirtualClock()
  const woken: [string, number][] = []
  const tick = () => {
    woken.push(['tick', clock.now()])
    clock.sleepUntil(clock.now() + 30, tick)
  }
  clock.sleepUntil(30, tick)
  clock.sleepUntil(100, () => woken.push(['end', clock.now()]))
  clock.sleepUntil(100.5, () => woken.push(['beyond', clock.now()]))
  await clock.advance(100)
  expect(woken).toEqual([
    ['tick', 30],
    ['tick', 60],
    ['tick', 90],
    ['end', 100],
  ])
  expect([clock.now(), clock.pending]).toEqual([100, 2])
})

test('VirtualClock.advance(0) wakes those who are due now, and lets run what can', async () => {
  const clock = new VirtualClock()
  const woken: string[] = []
  clock.sleepUntil(0, () => woken.push('due'))
  clock.sleepUntil(-5, () => process.nextTick(() => woken.push('overdue')))
  clock.sleepUntil(0.001, () => woken.push('later'))
  await clock.advance(0)
  expect(woken).toEqual(['due', 'overdue'])
  expect(clock.now()).toBe(0)
})

test('VirtualClock.run() lets Node streams, web streams and iterators finish before time passes', async () => {
  const clock = new VirtualClock()
  let early = false
  const cancel = clock.sleepUntil(0.001, () => {
    early = true
  })
  const chunks = Array.from({ length: 200 }, (_, i) => Buffer.alloc(1000, i))
  let bytes = 0
  await clock.run(async () => {
    const node = new PassThrough({ highWaterMark: 1000 })
    const through = Readable.toWeb(node).pipeThrough(new TransformStream())
    const counted = (async () => {
      for await (const chunk of through) bytes += (chunk as Uint8Array).length
    })()
    await pipeline(Readable.from(chunks), new PassThrough({ highWaterMark: 1000 }), node)
    await counted
  })
  expect([bytes, early]).toEqual([200_000, false])
  cancel()
})

test('VirtualClock.run() lets chains of setImmediate finish, as long as its turns allow', async () => {
  const isLate = async (turns: number, hops: number) => {
    const clock = new VirtualClock({ turns })
    clock.sleepUntil(10, () => {})
    return clock.run(async () => {
      for (let i = 0; i < hops; i++) await new Promise(setImmediate)
      return clock.now() > 0
    })
  }
  expect(await isLate(2, 1)).toBe(false)
  expect(await isLate(2, 20)).toBe(true)
  expect(await isLate(25, 20)).toBe(false)
})

test('VirtualClock.run() does the same in the same order each time', async () => {
  const program = fc.array(
    fc.record({ delays: fc.array(fc.nat(5), { maxLength: 5 }), abortAt: fc.option(fc.nat(10)) }),
    { maxLength: 10 },
  )
  const play = async (tasks: { delays: number[]; abortAt: number | null }[]) => {
    const clock = new VirtualClock({ start: 0.1 })
    const log: string[] = []
    await clock.run(() =>
      Promise.all(
        tasks.map(async ({ delays, abortAt }, i) => {
          const controller = new AbortController()
          const cancel = abortAt === null ? undefined : clock.sleepUntil(abortAt, () => controller.abort())
          try {
            for (const ms of delays) {
              await clock.sleep(ms, { signal: controller.signal })
              log.push(`${i} at ${clock.now()}`)
            }
          } catch {
            log.push(`${i} aborted at ${clock.now()}`)
          }
          cancel?.()
        }),
      ),
    )
    expect(clock.pending).toBe(0)
    const times = log.map((line) => Number(line.split('at ')[1]))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    return log
  }
  await fc.assert(
    fc.asyncProperty(program, async (tasks) => {
      expect(await play(tasks)).toEqual(await play(tasks))
    }),
  )
})

const refused: [title: string, act: () => unknown, error: typeof RangeError | typeof TypeError, text: string][] = [
  [
    'a start that is not finite',
    () => new VirtualClock({ start: Infinity }),
    RangeError,
    "'start' must be finite: current value is Infinity",
  ],
  ['no turns', () => new VirtualClock({ turns: 0 }), RangeError, "'turns' must be an integer > 0: current value is 0"],
  [
    'a negative grace',
    () => new VirtualClock({ grace: -1 }),
    RangeError,
    "'grace' must be >= 0 and finite: current value is -1",
  ],
  [
    'no wakes',
    () => new VirtualClock({ wakesPerMoment: 0 }),
    RangeError,
    "'wakesPerMoment' must be >= 1: current value is 0",
  ],
  [
    'to sleep until NaN',
    () => new VirtualClock().sleepUntil(Number.NaN, () => {}),
    RangeError,
    "'time' must be a number: current value is NaN",
  ],
  [
    'to sleep a negative time',
    () => new VirtualClock().sleep(-1),
    RangeError,
    "'ms' must be >= 0: current value is -1",
  ],
  [
    'to sleep for text',
    () => new VirtualClock().sleep('1s' as never),
    TypeError,
    `'ms' must be a number of milliseconds, is "1s"`,
  ],
  [
    'to advance backwards',
    () => new VirtualClock().advance(-1),
    RangeError,
    "'ms' must be >= 0 and finite: current value is -1",
  ],
  [
    'to advance without end',
    () => new VirtualClock().advance(Infinity),
    RangeError,
    "'ms' must be >= 0 and finite: current value is Infinity",
  ],
  [
    'to run within NaN',
    () => new VirtualClock().run(() => {}, { within: Number.NaN }),
    RangeError,
    "'within' must be >= 0: current value is NaN",
  ],
]
for (const [title, act, error, text] of refused) {
  test(`VirtualClock refuses ${title}`, async () => {
    const thrown = await (async () => act())().then(String, (error: Error) => error)
    expect(thrown).toBeInstanceOf(error)
    expect(String(thrown)).toContain(text)
  })
}
