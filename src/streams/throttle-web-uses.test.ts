import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Duplex, Readable } from 'node:stream'
import { ReadableStream, WritableStream } from 'node:stream/web'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle, type ThrottleOptions } from '../throttle/throttle.ts'
import { throttleWeb } from './throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB

function setUp(limit: ThrottleOptions['limit']) {
  const clock = new VirtualClock()
  const limiter = new Throttle({ limit, clock })
  return { clock, limited: throttleWeb(limiter), leftovers: () => [limiter.stats.waiters, clock.pending] }
}
const nothing = [0, 0]

async function collect(readable: ReadableStream<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of readable) all.push(piece)
  return Buffer.concat(all)
}

describe('throttleWeb()', () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
  const source = () => ReadableStream.from<Uint8Array>([bytes.subarray(0, 100_000), bytes.subarray(100_000)])
  type Pair = ReturnType<typeof throttleWeb>
  const uses = [
    { use: 'pipeThrough', pass: (limited: Pair) => collect(source().pipeThrough(limited)) },
    {
      use: 'pipeTo',
      pass: async (limited: Pair) => {
        const parts: Uint8Array[] = []
        await source()
          .pipeThrough(limited)
          .pipeTo(new WritableStream({ write: (part) => void parts.push(part) }))
        return Buffer.concat(parts)
      },
    },
    { use: 'tee', pass: async (limited: Pair) => collect(source().pipeThrough(limited).tee()[0]) },
    {
      use: 'Readable.fromWeb',
      pass: async (limited: Pair) => Buffer.concat(await Readable.fromWeb(source().pipeThrough(limited)).toArray()),
    },
    {
      use: 'Duplex.fromWeb',
      pass: async (limited: Pair) =>
        Buffer.concat(
          await Readable.fromWeb(source())
            .pipe(Duplex.fromWeb(limited as never))
            .toArray(),
        ),
    },
    {
      use: 'Response',
      pass: async (limited: Pair) =>
        Buffer.from(await new Response(source().pipeThrough(limited) as unknown as ArrayBuffer).arrayBuffer()),
    },
  ]
  for (const { use, pass } of uses) {
    test(`works with ${use}`, async () => {
      const { clock, limited, leftovers } = setUp(MiB)
      expect((await clock.run(() => pass(limited))).equals(bytes)).toBe(true)
      expect(clock.now()).toBeGreaterThan(260)
      expect(clock.now()).toBeLessThan(300)
      expect(leftovers()).toEqual(nothing)
    })
  }

  for (const [title, breaks] of [
    ['a source that fails', true],
    ['a sink that fails', false],
  ] as const) {
    test(`ends in a pipe with ${title}`, async () => {
      const { clock, limited, leftovers } = setUp(100 * KiB)
      const failure = new Error('broken')
      let cancelled: unknown
      let chunks = 0
      const from = new ReadableStream({
        pull(controller) {
          if (breaks && chunks++ === 3) controller.error(failure)
          else controller.enqueue(Buffer.alloc(10 * KiB))
        },
        cancel: (reason) => {
          cancelled = reason
        },
      })
      let taken = 0
      const to = new WritableStream<Uint8Array>({
        write(piece) {
          taken += piece.byteLength
          if (!breaks && taken > 20_000) throw failure
        },
      })
      await expect(clock.run(() => from.pipeThrough(limited).pipeTo(to))).rejects.toBe(failure)
      await clock.advance(100)
      expect(cancelled).toBe(breaks ? undefined : failure)
      expect(leftovers()).toEqual(nothing)
    })
  }

  test('limits the body of a fetch, both ways', async () => {
    const server = http.createServer((request, response) => request.pipe(response))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const [up, down] = [throttleWeb('2MiB/s'), throttleWeb('1MiB/s')]
      const start = performance.now()
      const body = source().pipeThrough(up) as unknown as ArrayBuffer
      const response = await fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit)
      const got = await collect((response.body as unknown as ReadableStream<Uint8Array>).pipeThrough(down))
      expect(got.equals(bytes)).toBe(true)
      expect(performance.now() - start).toBeGreaterThan(250)
      expect([up.stats.bytes, down.stats.bytes]).toEqual([bytes.length, bytes.length])
    } finally {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    }
  })
})
