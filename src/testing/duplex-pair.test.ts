import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { createDuplexPair, type DuplexPairOptions } from './duplex-pair.ts'
import { VirtualClock } from './virtual-clock.ts'

/** Settles when the write calls back. */
const write = (stream: Duplex, bytes: Uint8Array | string): Promise<void> =>
  new Promise((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve())))

async function readAll(stream: Duplex): Promise<string> {
  let text = ''
  for await (const bytes of stream.iterator({ destroyOnReturn: false })) text += bytes.toString('latin1')
  return text
}

/** What happens to a stream, as it happens. */
function record(stream: Duplex, clock: VirtualClock): string[] {
  const log: string[] = []
  stream.on('data', (bytes: Buffer) => log.push(`${clock.now()} ${bytes}`))
  stream.on('end', () => log.push(`${clock.now()} end`))
  stream.on('error', (error: NodeJS.ErrnoException) => log.push(`${clock.now()} ${error.code}`))
  stream.on('close', () => log.push(`${clock.now()} close`))
  return log
}

test('createDuplexPair() carries any chunks unchanged and in order, both ways, at any latency and buffer', async () => {
  const chunk = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 500, maxLength: 3000 }))
  const chunks = fc.array(chunk, { maxLength: 8 })
  const side = fc.record({
    chunks,
    gap: fc.nat(3),
    reads: fc.option(fc.integer({ min: 1, max: 50 })),
    pause: fc.nat(2),
  })
  const latency = fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 50, noNaN: true }))
  const bufferSize = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(65_536))
  await fc.assert(
    fc.asyncProperty(latency, bufferSize, side, side, async (latency, bufferSize, fromA, fromB) => {
      const clock = new VirtualClock()
      const [a, b] = createDuplexPair({ latency, bufferSize, clock })
      const send = async (stream: Duplex, { chunks, gap }: typeof fromA) => {
        for (const chunk of chunks) {
          const memory = Buffer.from(chunk)
          await write(stream, memory)
          memory.fill(0xee) // it is the writer's again
          if (gap > 0) await clock.sleep(gap)
        }
        stream.end()
      }
      const receive = async (stream: Duplex, { reads, pause }: typeof fromA) => {
        const parts: Buffer[] = []
        let hasEnded = false
        let goOn = () => {}
        stream.on('readable', () => goOn())
        stream.on('end', () => {
          hasEnded = true
          goOn()
        })
        while (!hasEnded) {
          for (;;) {
            const part = stream.read(reads ? Math.min(reads, stream.readableLength || 1) : undefined)
            if (part === null) break
            parts.push(part)
            if (pause > 0) await clock.sleep(pause)
          }
          if (hasEnded) break
          await new Promise<void>((resolve) => {
            goOn = resolve
          })
        }
        return Buffer.concat(parts)
      }
      const [gotA, gotB] = await clock.run(async () => {
        const all = Promise.all([receive(a, fromB), receive(b, fromA), send(a, fromA), send(b, fromB)])
        await Promise.all([finished(a), finished(b)])
        return all
      })
      expect(gotA.equals(Buffer.concat(fromB.chunks))).toBe(true)
      expect(gotB.equals(Buffer.concat(fromA.chunks))).toBe(true)
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 60 },
  )
})

test('createDuplexPair() delivers each write after the latency, and the end behind them', async () => {
  const clock = new VirtualClock()
  const [a, b] = createDuplexPair({ latency: '25ms', clock })
  const log = record(b, clock)
  await clock.run(async () => {
    a.write('one')
    await clock.sleep(10)
    a.write('two')
    await clock.sleep(0.5)
    a.end('three')
    await clock.sleep(100)
  })
  expect(log).toEqual(['25 one', '35 two', '35.5 three', '35.5 end'])
  expect(clock.pending).toBe(0)
})

test('createDuplexPair() needs no clock without latency, and lets the write return before the bytes arrive', async () => {
  const [a, b] = createDuplexPair({
    clock: {
      now: () => 0,
      sleepUntil() {
        throw new Error('no timer is needed')
      },
    },
  })
  const log: string[] = []
  b.on('data', (bytes) => log.push(`b got ${bytes}`) === 0 || b.end('pong'))
  a.on('data', (bytes) => log.push(`a got ${bytes}`))
  a.end('ping')
  log.push('written')
  await Promise.all([finished(a), finished(b)])
  expect(log).toEqual(['written', 'b got ping', 'a got pong'])
})

test('createDuplexPair() waits on the system clock by default', async () => {
  const [a, b] = createDuplexPair({ latency: 20 })
  const start = systemClock.now()
  a.end('x')
  await once(b, 'data')
  expect(systemClock.now() - start).toBeGreaterThanOrEqual(20)
  a.destroy()
  b.destroy()
})

test('createDuplexPair() holds a write back while bufferSize bytes are inside, and sets no timer for who does not read', async () => {
  const clock = new VirtualClock()
  const [a, b] = createDuplexPair({ latency: 5, bufferSize: '1000', clock })
  let accepted = 0
  const text = 'x'.repeat(300)
  const writing = (async () => {
    for (let i = 0; i < 10; i++) {
      await write(a, text)
      accepted += 300
    }
    a.end()
  })()
  await clock.advance(1000)
  expect([accepted, a.writableLength, b.readableLength, clock.pending]).toEqual([900, 300, 0, 0])
  const reading = readAll(b)
  await clock.run(writing)
  expect((await clock.run(reading)).length).toBe(3000)
})

test('createDuplexPair() moves one bufferSize per latency, as a window of that size does', async () => {
  const clock = new VirtualClock()
  const [a, b] = createDuplexPair({ latency: 100, bufferSize: 1000, clock })
  const log = record(b, clock)
  a.end('x'.repeat(10_000))
  await clock.run(once(b, 'end'))
  expect(log.map((line) => line.length)).toEqual([
    ...Array(9).fill('100 '.length + 1000),
    '1000 '.length + 1000,
    '1000 end'.length,
  ])
  expect(clock.now()).toBe(1000)
})

const peaks: [bufferSize: number, chunk: number][] = [
  [1, 10],
  [100, 1],
  [1000, 64],
  [4096, 100_000],
]
for (const [bufferSize, chunk] of peaks) {
  test(`createDuplexPair() keeps within bufferSize ${bufferSize} and its streams' buffers, with chunks of ${chunk}`, async () => {
    const clock = new VirtualClock()
    const [a, b] = createDuplexPair({ latency: 3, bufferSize, clock })
    let accepted = 0
    let read = 0
    let peak = 0
    const total = Math.max(chunk * 5, bufferSize * 5)
    const writing = async () => {
      while (accepted < total) {
        await write(a, Buffer.alloc(chunk))
        accepted += chunk
        peak = Math.max(peak, accepted - read)
      }
      a.end()
    }
    const reading = async () => {
      for await (const bytes of b) {
        await clock.sleep(7)
        read += bytes.length
      }
    }
    await clock.run(() => Promise.all([writing(), reading()]))
    expect(read).toBe(accepted)
    // Inside, in the reader's buffer (its high-water mark, and the one push that fills it), and in the loop's hand.
    expect(peak).toBeLessThanOrEqual(4 * bufferSize)
    if (chunk <= bufferSize) expect(peak).toBeGreaterThanOrEqual(bufferSize)
  })
}

test('createDuplexPair() lets one side go on when the other has ended', async () => {
  const clock = new VirtualClock()
  const [a, b] = createDuplexPair({ latency: 10, clock })
  a.end('question')
  await clock.run(async () => {
    expect(await readAll(b)).toBe('question')
    expect([b.writable, b.destroyed]).toEqual([true, false])
    await clock.sleep(100)
    b.end('answer')
    expect(await readAll(a)).toBe('answer')
    await clock.sleep(10)
  })
  expect([a.destroyed, b.destroyed, a.errored, b.errored]).toEqual([true, true, null, null])
  expect(clock.now()).toBe(130)
})

for (const error of [undefined, new Error('cut')]) {
  const name = error ? 'destroy(error)' : 'destroy()'

  test(`createDuplexPair() brings ${name} to the other side as ECONNRESET, after the latency and behind the bytes`, async () => {
    const clock = new VirtualClock()
    const [a, b] = createDuplexPair({ latency: 10, clock })
    const log = record(b, clock)
    a.on('error', () => {})
    await clock.run(async () => {
      a.write('early')
      await clock.sleep(5)
      a.write('late')
      a.destroy(error)
      expect(clock.pending).toBe(1)
      await clock.sleep(9)
      expect(b.destroyed).toBe(false)
      await clock.sleep(1)
      await clock.sleep(0)
    })
    expect(log).toEqual(['10 early', '15 late', '15 ECONNRESET', '15 close'])
    expect(b.errored).toMatchObject({ code: 'ECONNRESET', syscall: 'read' })
    expect(b.errored?.cause).toBe(error)
    expect(a.errored).toBe(error ?? null)
    expect(clock.pending).toBe(0)
  })

  test(`createDuplexPair() brings ${name} also to a side that does not read, and fails the writes of both`, async () => {
    const clock = new VirtualClock()
    const [a, b] = createDuplexPair({ latency: 10, bufferSize: 10, clock })
    const failures: unknown[] = []
    const failing = [a, b].map((stream) =>
      write(stream, 'more than ten bytes').catch((error) => {
        failures.push([error.code ?? error.message, clock.now()])
      }),
    )
    for (const stream of [a, b]) stream.on('error', () => {})
    await clock.run(async () => {
      await clock.sleep(5)
      a.destroy(error)
      await Promise.all(failing)
    })
    expect(failures).toEqual([
      [error ? 'cut' : 'ERR_SLUICE_CLOSED', 5],
      ['ECONNRESET', 15],
    ])
    expect(clock.pending).toBe(0)
  })
}

test('createDuplexPair() lets all arrive that was written before destroy(), once end() has finished', async () => {
  const clock = new VirtualClock()
  const [a, b] = createDuplexPair({ latency: 10, bufferSize: 1000, clock })
  const errors: unknown[] = []
  b.on('error', (error) => errors.push(error))
  await clock.run(async () => {
    a.end('x'.repeat(900))
    await once(a, 'finish')
    a.destroy()
    await clock.sleep(500) // nobody reads so far
    expect((await readAll(b)).length).toBe(900)
    b.end()
    await finished(b)
    await clock.sleep(100)
  })
  expect(errors).toEqual([])
  expect(clock.pending).toBe(0)
})

const losses: [title: string, loseBytes: (a: Duplex, b: Duplex, clock: VirtualClock) => Promise<void>, at: number][] = [
  [
    'are on their way',
    async (a, b, clock) => {
      await write(b, 'lost')
      await clock.sleep(5)
      a.destroy()
    },
    15,
  ],
  [
    'were not taken',
    async (a, b, clock) => {
      await write(b, 'lost')
      a.once('readable', () => {})
      await clock.sleep(50)
      a.destroy()
    },
    60,
  ],
  [
    'come later',
    async (a, b, clock) => {
      a.destroy()
      await clock.sleep(30)
      b.write('lost')
    },
    40,
  ],
]
for (const [title, loseBytes, at] of losses) {
  test(`createDuplexPair() tells a side by ECONNRESET that its bytes are lost, when they ${title}`, async () => {
    const clock = new VirtualClock()
    const [a, b] = createDuplexPair({ latency: 10, clock })
    const log = record(b, clock)
    await clock.run(async () => {
      a.end()
      await once(a, 'finish')
      await loseBytes(a, b, clock)
      await clock.sleep(100)
    })
    expect(log).toEqual(['10 end', `${at} ECONNRESET`, `${at} close`])
    expect(clock.pending).toBe(0)
  })
}

test('createDuplexPair() leaves no timer at once when both sides are destroyed', async () => {
  const clock = new VirtualClock()
  const [a, b] = createDuplexPair({ latency: 1000, clock })
  for (const stream of [a, b]) stream.resume().write('on its way')
  await clock.advance(1)
  expect(clock.pending).toBe(2)
  a.destroy()
  b.destroy()
  expect(clock.pending).toBe(0)
})

test('createDuplexPair() fits pipelines: an echo through a narrow pair', async () => {
  const clock = new VirtualClock()
  const [a, b] = createDuplexPair({ latency: 1, bufferSize: 500, clock })
  const sent = 'abcdefghij'.repeat(1000)
  const echoed = await clock.run(async () => {
    const echo = pipeline(b, b)
    a.end(sent)
    const text = await readAll(a)
    await echo
    return text
  })
  expect(echoed).toBe(sent)
})

const refused: [options: DuplexPairOptions, text: string][] = [
  [{ latency: -1 }, 'Cannot read -1 as a duration'],
  [{ latency: '5 parsecs' }, 'Cannot read "5 parsecs" as a duration'],
  [{ bufferSize: 0.5 }, 'Cannot read 0.5 as a size'],
  [{ bufferSize: 0 }, "Cannot connect streams: 'bufferSize' must be > 0: current value is 0"],
]
for (const [options, text] of refused) {
  test(`createDuplexPair() refuses ${JSON.stringify(options)}`, () => {
    expect(() => createDuplexPair(options)).toThrow(RangeError)
    expect(() => createDuplexPair(options)).toThrow(text)
  })
}
