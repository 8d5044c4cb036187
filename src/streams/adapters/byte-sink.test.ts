import { PassThrough, Readable, Writable } from 'node:stream'
import { WritableStream } from 'node:stream/web'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ClosedError } from '../../errors.ts'
import { type ByteSink, byteSink } from './byte-sink.ts'

/** A stream whose writes end when the test says so, with room for 4 bytes. */
interface Held {
  readonly stream: Writable | WritableStream<Uint8Array>
  readonly received: Uint8Array[]
  /** Ends the write that is under way. */
  take(error?: Error): void
  ended(): boolean
  destroyed(): boolean
}

function heldNode(): Held {
  const received: Uint8Array[] = []
  let callback: ((error?: Error) => void) | undefined
  let isEnded = false
  const stream = new Writable({
    highWaterMark: 4,
    write(chunk, _encoding, next) {
      received.push(chunk)
      callback = next
    },
    final(next) {
      isEnded = true
      next()
    },
  })
  return {
    stream,
    received,
    take: (error) => callback?.(error),
    ended: () => isEnded,
    destroyed: () => stream.destroyed && !isEnded,
  }
}

function heldWeb(): Held {
  const received: Uint8Array[] = []
  let settle: ((error?: Error) => void) | undefined
  let isEnded = false
  let isAborted = false
  const stream = new WritableStream<Uint8Array>(
    {
      write(chunk) {
        received.push(chunk)
        return new Promise((resolve, reject) => {
          settle = (error) => (error ? reject(error) : resolve())
        })
      },
      close() {
        isEnded = true
      },
      abort() {
        isAborted = true
      },
    },
    { highWaterMark: 4, size: (chunk) => chunk?.byteLength ?? 0 },
  )
  return { stream, received, take: (error) => settle?.(error), ended: () => isEnded, destroyed: () => isAborted }
}

const bytes = (text: string) => new TextEncoder().encode(text)

/** What a promise has come to so far. */
async function state(promise: Promise<unknown>): Promise<string> {
  const outcome = promise.then(
    () => 'done',
    (error) => `failed: ${error instanceof ClosedError ? 'closed' : error.message}`,
  )
  await turn()
  return Promise.race([outcome, turn('pending')])
}

const unhandled: unknown[] = []
const note = (error: unknown) => unhandled.push(error)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
})
afterEach(async () => {
  await turn()
  process.off('unhandledRejection', note)
  process.off('uncaughtException', note)
  expect(unhandled).toEqual([])
})

for (const { kind, make } of [
  { kind: 'Writable', make: heldNode },
  { kind: 'WritableStream', make: heldWeb },
]) {
  describe(kind, () => {
    let held: Held
    let sink: ByteSink
    beforeEach(async () => {
      held = make()
      await turn() // a web stream is not started before
      sink = byteSink(held.stream)
    })

    test('ByteSink.write() hands the very bytes over at once and tells whether there is room', async () => {
      const chunk = Buffer.from('abc')
      expect(sink.stream).toBe(held.stream)
      expect(sink.write(chunk)).toBe(true)
      expect(held.received[0]).toBe(chunk)
      expect(sink.write(bytes('d'))).toBe(false)
      expect(sink.closed).toBe(false)
    })

    test('ByteSink.ready() settles at once while there is room, else when there is room again', async () => {
      expect(await state(sink.ready())).toBe('done')
      sink.write(bytes('abcdef'))
      const ready = [sink.ready(), sink.ready()] as const
      expect(await state(ready[0])).toBe('pending')
      held.take()
      expect(await state(ready[0])).toBe('done')
      expect(await state(ready[1])).toBe('done')
    })

    test('ByteSink.drained() settles when every byte was taken', async () => {
      expect(await state(sink.drained())).toBe('done')
      sink.write(bytes('a'))
      sink.write(bytes('b'))
      const drained = sink.drained()
      expect(await state(sink.ready())).toBe('done')
      expect(await state(drained)).toBe('pending')
      held.take()
      expect(await state(drained)).toBe('pending')
      held.take()
      expect(await state(drained)).toBe('done')
    })

    for (const wait of ['ready', 'drained'] as const) {
      test(`ByteSink.${wait}() rejects with signal.reason, and leaves the others waiting`, async () => {
        const abort = new AbortController()
        sink.write(bytes('abcdef'))
        const given = sink[wait](abort.signal)
        const other = sink[wait]()
        expect(await state(given)).toBe('pending')
        abort.abort('enough')
        await expect(given).rejects.toBe('enough')
        expect(await state(other)).toBe('pending')
        held.take()
        expect(await state(other)).toBe('done')
        await expect(sink[wait](abort.signal)).rejects.toBe('enough')
      })

      test(`ByteSink.${wait}() rejects with the error that ends the sink`, async () => {
        sink.write(bytes('abcdef'))
        const waiting = sink[wait]()
        waiting.catch(() => {})
        const error = new Error('broken')
        held.take(error)
        await expect(waiting).rejects.toBe(error)
        await expect(sink[wait]()).rejects.toBe(error)
      })

      test(`ByteSink.${wait}() rejects with ClosedError when the sink is destroyed`, async () => {
        sink.write(bytes('abcdef'))
        const waiting = sink[wait]()
        sink.destroy()
        await expect(waiting).rejects.toBeInstanceOf(ClosedError)
        await expect(sink[wait]()).rejects.toBeInstanceOf(ClosedError)
      })
    }

    test('ByteSink keeps an error that comes while nobody waits for the next call', async () => {
      const error = new Error('broken')
      expect(sink.error).toBe(undefined)
      sink.write(bytes('a'))
      held.take(error)
      await turn()
      expect(sink.error).toBe(error)
      expect(sink.closed).toBe(true)
      expect(() => sink.write(bytes('b'))).toThrow(error)
      await expect(sink.ready()).rejects.toBe(error)
      await expect(sink.drained()).rejects.toBe(error)
      await expect(sink.end()).rejects.toBe(error)
      await expect(sink.waitClosed()).rejects.toBe(error)
    })

    test('ByteSink.end() lets everything go and finishes; a second call joins the first', async () => {
      sink.write(bytes('abcdef'))
      const ends = [sink.end(), sink.end()] as const
      expect(sink.closed).toBe(true)
      expect(() => sink.write(bytes('x'))).toThrow(ClosedError)
      expect(await state(ends[0])).toBe('pending')
      held.take()
      expect(await state(ends[0])).toBe('done')
      expect(await state(ends[1])).toBe('done')
      expect(await state(sink.end())).toBe('done')
      expect(await state(sink.waitClosed())).toBe('done')
      expect(await state(sink.ready())).toBe('failed: closed')
      expect(held.ended()).toBe(true)
      expect(sink.error).toBe(undefined)
    })

    test('ByteSink.end() finishes also after a wait for room was given up', async () => {
      const held = make()
      const sink = byteSink(held.stream)
      sink.write(bytes('12345'))
      const controller = new AbortController()
      const room = sink.ready(controller.signal)
      controller.abort('enough')
      await expect(room).rejects.toBe('enough')
      const end = sink.end()
      expect(await state(end)).toBe('pending')
      held.take()
      await end
      expect(held.ended()).toBe(true)
    })

    test('ByteSink.end() rejects with the error of the last write', async () => {
      sink.write(bytes('a'))
      const end = sink.end()
      const error = new Error('disk full')
      held.take(error)
      await expect(end).rejects.toBe(error)
      await expect(sink.waitClosed()).rejects.toBe(error)
    })

    test('ByteSink.destroy() closes without finishing, and tells the error if there is one', async () => {
      const closed = sink.waitClosed()
      sink.destroy()
      sink.destroy()
      await closed
      expect(sink.closed).toBe(true)
      expect(sink.error).toBe(undefined)
      expect(held.destroyed()).toBe(true)
      expect(() => sink.write(bytes('x'))).toThrow(ClosedError)
      await expect(sink.end()).rejects.toBeInstanceOf(ClosedError)

      const error = new Error('no more')
      const failing = byteSink(make().stream)
      failing.destroy(error)
      expect(failing.error).toBe(error)
      expect(() => failing.write(bytes('x'))).toThrow(error)
      await expect(failing.waitClosed()).rejects.toBe(error)
    })

    test('ByteSink.destroy() rejects an end that is under way', async () => {
      sink.write(bytes('a'))
      const end = sink.end()
      end.catch(() => {})
      const error = new Error('no more')
      sink.destroy(error)
      await expect(end).rejects.toBe(error)
    })

    test('ByteSink.release() gives the stream back as it was', async () => {
      const closed = sink.waitClosed()
      closed.catch(() => {})
      sink.write(bytes('abcdef'))
      const waiting = sink.ready()
      sink.release()
      sink.release()
      await expect(waiting).rejects.toBeInstanceOf(ClosedError)
      await expect(closed).rejects.toBeInstanceOf(ClosedError)
      expect(() => sink.write(bytes('x'))).toThrow(ClosedError)
      expect(held.destroyed()).toBe(false)
      if (held.stream instanceof Writable) {
        expect(
          ['error', 'close', 'drain', 'finish'].map((name) => (held.stream as Writable).listenerCount(name)),
        ).toEqual([0, 0, 0, 0])
      } else expect(held.stream.locked).toBe(false)
      const next = byteSink(held.stream)
      held.take()
      await turn()
      next.write(bytes('next'))
      expect(Buffer.concat(held.received).toString()).toBe('abcdefnext')
    })

    test('ByteSink takes its listeners off the signal', async () => {
      const { signal } = new AbortController()
      let listeners = 0
      const { addEventListener, removeEventListener } = signal
      signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
        listeners++
        addEventListener.apply(signal, args)
      }
      signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
        listeners--
        removeEventListener.apply(signal, args)
      }
      for (let i = 0; i < 3; i++) {
        sink.write(bytes('abcdef'))
        const waits = [sink.ready(signal), sink.drained(signal)]
        await turn()
        expect(listeners).toBe(2)
        held.take()
        await Promise.all(waits)
      }
      expect(listeners).toBe(0)
    })

    test('ByteSink on a stream that is closed already refuses', async () => {
      const ended = make().stream
      if (ended instanceof Writable) ended.end()
      else await ended.close()
      await turn()
      const late = byteSink(ended)
      await turn()
      expect(late.closed).toBe(true)
      expect(() => late.write(bytes('x'))).toThrow(ClosedError)
      await expect(late.ready()).rejects.toBeInstanceOf(ClosedError)
      await late.end()
      await late.waitClosed()
    })

    test('ByteSink puts through a thousand chunks in order, waiting for room', async () => {
      const chunks: Uint8Array[] = []
      const keep = (chunk: Uint8Array) => {
        chunks.push(chunk)
      }
      const stream =
        kind === 'Writable'
          ? new Writable({
              highWaterMark: 10,
              write: (chunk, _encoding, next) => {
                keep(chunk)
                setImmediate(next)
              },
            })
          : new WritableStream<Uint8Array>(
              { write: keep },
              { highWaterMark: 10, size: (chunk) => chunk?.byteLength ?? 0 },
            )
      const through = byteSink(stream)
      let waits = 0
      for (let i = 0; i < 1000; i++) {
        if (through.write(bytes(`${i},`))) continue
        waits++
        await through.ready()
      }
      await through.drained()
      expect(Buffer.concat(chunks).toString()).toBe(Array.from({ length: 1000 }, (_, i) => `${i},`).join(''))
      expect(waits).toBeGreaterThan(100)
      await through.end()
    })
  })
}

test('byteSink() refuses what it cannot write to', () => {
  const locked = new WritableStream<Uint8Array>()
  locked.getWriter()
  for (const wrong of [undefined, null, 'out', {}, Readable.from([]), locked]) {
    expect(() => byteSink(wrong as unknown as Writable), String(wrong)).toThrow(TypeError)
  }
})

test('ByteSink.error tells what a web stream reports of itself, also in mid-write', async () => {
  let controller: { error(reason: unknown): void } | undefined
  const stream = new WritableStream<Uint8Array>({
    start(given) {
      controller = given
    },
    write: () => new Promise(() => {}),
  })
  const sink = byteSink(stream)
  sink.write(bytes('a'))
  await turn()
  const waiting = sink.ready()
  waiting.catch(() => {})
  const error = new Error('cable pulled')
  controller?.error(error)
  expect(sink.closed).toBe(true)
  await expect(waiting).rejects.toBe(error)
  expect(sink.error).toBe(error)
  expect(() => sink.write(bytes('b'))).toThrow(error)
})

test('ByteSink.waitClosed() knows streams that never emit close', async () => {
  const stream = new Writable({ autoDestroy: false, emitClose: false, write: (_chunk, _encoding, next) => next() })
  const sink = byteSink(stream)
  sink.write(bytes('a'))
  await sink.end()
  await sink.waitClosed()
})

test('ByteSink.drained() does not mistake the bytes of a pass-through that waits for its reader for taken ones', async () => {
  const pipe = new PassThrough({ writableHighWaterMark: 100, readableHighWaterMark: 2 })
  const sink = byteSink(pipe)
  sink.write(bytes('abc'))
  sink.write(bytes('def'))
  const drained = sink.drained()
  expect(await state(drained)).toBe('pending')
  pipe.resume()
  expect(await state(drained)).toBe('done')
})
