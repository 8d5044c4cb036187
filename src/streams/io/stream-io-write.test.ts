import { Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { ReadableStream, WritableStream } from 'node:stream/web'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ClosedError } from '../../errors.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { StreamIO } from './stream-io.ts'
import type { StreamIOOptions } from './stream-options.ts'

/** A stream whose writes end when the test says so. */
interface Held {
  readonly stream: StreamIO
  readonly received: () => string
  /** Ends the write that is under way. */
  take(error?: Error): void
  ended(): boolean
}

function heldNode(options?: StreamIOOptions): Held {
  let received = ''
  let callback: ((error?: Error | null) => void) | undefined
  const duplex = new Duplex({
    highWaterMark: 4,
    read() {},
    write(chunk, _encoding, done) {
      received += chunk.toString()
      callback = done
    },
  })
  return {
    stream: new StreamIO(duplex, options),
    received: () => received,
    take: (error) => callback?.(error),
    ended: () => duplex.writableFinished,
  }
}

function heldWeb(options?: StreamIOOptions): Held {
  let received = ''
  let settle: ((error?: Error) => void) | undefined
  let ended = false
  const sink = {
    write(chunk: Uint8Array) {
      received += Buffer.from(chunk).toString()
      return new Promise<void>((resolve, reject) => {
        settle = (error) => (error ? reject(error) : resolve())
      })
    },
    close() {
      ended = true
    },
  }
  const writable = new WritableStream(sink, { highWaterMark: 4, size: (chunk: Uint8Array) => chunk.length })
  return {
    stream: new StreamIO(new ReadableStream<Uint8Array>(), writable, options),
    received: () => received,
    take: (error) => settle?.(error),
    ended: () => ended,
  }
}

/** Whether a promise has settled after everything that can run has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let is = false
  promise.then(
    () => {
      is = true
    },
    () => {
      is = true
    },
  )
  for (let round = 0; round < 3; round++) await turn()
  return is
}

async function takeUntil(held: Held, done: Promise<unknown>): Promise<void> {
  while (!(await settled(done))) held.take()
}

const kinds = [
  ['Node streams', heldNode],
  ['web streams', heldWeb],
] as const

describe.each(kinds)('StreamIO over %s', (_name, open) => {
  test('write() settles when the buffer has room', async () => {
    const held = open()
    const written = held.stream.write('more than four')
    expect(await settled(written)).toBe(false)
    held.take()
    await written
    expect(held.received()).toBe('more than four')
    await held.stream.close()
  })

  test('write() takes text and bytes, and nothing', async () => {
    const held = open()
    const written = (async () => {
      for (const data of ['ä', Buffer.from('b'), new Uint8Array([99]), '', new Uint8Array()])
        await held.stream.write(data)
    })()
    await takeUntil(held, written)
    await takeUntil(held, held.stream.close())
    expect([held.received(), held.ended()]).toEqual(['äbc', true])
  })

  test('writes take turns, and close() lets them end', async () => {
    const held = open()
    const written = ['one one one ', 'two two two ', 'three three'].map((data) => held.stream.write(data))
    const closing = held.stream.close()
    await expect(held.stream.write('late')).rejects.toThrow(ClosedError)
    await takeUntil(held, closing)
    await Promise.all([...written, closing])
    expect([held.received(), held.ended()]).toEqual(['one one one two two two three three', true])
  })

  test('an aborted write leaves the queue, and the others go on', async () => {
    const held = open()
    const abort = new AbortController()
    const first = held.stream.write('first first')
    const second = held.stream.write('second', { signal: abort.signal })
    const third = held.stream.write(' third')
    abort.abort('enough')
    await expect(second).rejects.toBe('enough')
    await takeUntil(held, third)
    await first
    expect(held.received()).toBe('first first third')
    const stuck = held.stream.write(' stuck', { signal: AbortSignal.timeout(5) })
    await expect(stuck).rejects.toThrow('timeout')
    await takeUntil(held, held.stream.write(' next'))
    expect(held.received()).toBe('first first third stuck next')
    await held.stream.close()
  })

  test('a write times out when nothing is taken, and the stream can go on', async () => {
    const clock = new VirtualClock()
    const held = open({ writeTimeout: 1000, clock })
    await clock.run(async () => {
      await expect(held.stream.write('more than four')).rejects.toMatchObject({
        code: 'ERR_SLUICE_TIMEOUT',
        phase: 'write',
        timeout: 1000,
      })
      expect(clock.now()).toBe(1000)
      // There is still no room: nothing more is handed over, so memory stays bounded.
      await expect(held.stream.write('again')).rejects.toMatchObject({ phase: 'write' })
      expect([clock.now(), held.received()]).toEqual([2000, 'more than four'])
    })
    expect(clock.pending).toBe(0)
    held.take()
    const written = held.stream.write(' and on')
    await takeUntil(held, written)
    expect(held.received()).toBe('more than four and on')
    await held.stream.close()
  })

  test('close() times out when nothing is taken, and closes the stream all the same', async () => {
    const clock = new VirtualClock()
    const held = open({ timeout: 1000, clock })
    await expect(held.stream.write('more than four', { signal: AbortSignal.timeout(5) })).rejects.toThrow()
    const closing = held.stream.close()
    await clock.run(() => expect(closing).rejects.toMatchObject({ phase: 'write' }))
    expect([held.stream.close(), held.ended(), clock.pending]).toEqual([closing, false, 0])
  })

  test('an abort of close() closes the stream at once', async () => {
    const held = open()
    const written = held.stream.write('more than four')
    const abort = new AbortController()
    const closing = held.stream.close()
    const impatient = held.stream.close({ signal: abort.signal })
    expect(await settled(closing)).toBe(false)
    abort.abort('enough')
    await expect(written).rejects.toBe('enough')
    await expect(closing).rejects.toBe('enough')
    await expect(impatient).rejects.toBe('enough')
    expect(held.ended()).toBe(false)
  })

  test('an error of the sink ends the write that waits, and close() does not tell it twice', async () => {
    const held = open()
    const written = held.stream.write('more than four')
    const queued = held.stream.write('next')
    await turn()
    held.take(new Error('broken pipe'))
    await expect(written).rejects.toThrow('broken pipe')
    await expect(queued).rejects.toThrow('broken pipe')
    await held.stream.close()
  })

  test('close() tells an error that no call has told', async () => {
    const held = open()
    await held.stream.write('abc').catch(() => {})
    await turn()
    held.take(new Error('broken pipe'))
    await turn()
    await expect(held.stream.close()).rejects.toThrow('broken pipe')
  })

  test('destroy() rejects what waits, with its error', async () => {
    const held = open()
    const error = new Error('enough')
    const writes = ['first first', 'second'].map((data) => held.stream.write(data))
    const read = held.stream.read(1)
    held.stream.destroy(error)
    for (const waiting of [...writes, read]) await expect(waiting).rejects.toBe(error)
    await expect(held.stream.write('late')).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED', cause: error })
    expect(held.stream.isClosing).toBe(true)
    await held.stream.close()
    expect(held.ended()).toBe(false)
  })

  test('close() leaves no listener and no lock', async () => {
    const held = open()
    const { reader, writer } = held.stream
    await held.stream.close()
    for (const stream of [reader, writer]) {
      if (stream instanceof Readable || stream instanceof Writable) {
        expect(stream.eventNames().filter((name) => stream.listenerCount(name) > 0)).toEqual([])
      } else expect(stream.locked).toBe(false)
    }
  })
})

describe('StreamIO', () => {
  test('close() is joined by later calls and by the end of its scope', async () => {
    const duplex = new PassThrough()
    let stream: StreamIO
    {
      await using scoped = new StreamIO(duplex)
      stream = scoped
      expect(stream.isClosing).toBe(false)
    }
    expect([duplex.destroyed, stream.isClosing]).toEqual([true, true])
    const again = stream.close()
    expect(stream.close()).toBe(again)
    await again
  })

  test('close() that nobody awaits does not end the process when it fails', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const held = heldNode()
    await held.stream.write('abc')
    held.take(new Error('broken pipe'))
    await turn()
    void held.stream.close()
    void held.stream.close({ signal: AbortSignal.abort() })
    for (let round = 0; round < 3; round++) await turn()
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })

  test('close() of a stream that its owner destroyed is quiet', async () => {
    const duplex = new PassThrough()
    const stream = new StreamIO(duplex)
    duplex.destroy()
    await stream.close()
  })

  test('a large write is handed over in pieces, so that memory stays bounded', async () => {
    let most = 0
    const sizes: number[] = []
    const writer = new Writable({
      highWaterMark: 16_384,
      write(chunk, _encoding, done) {
        sizes.push(chunk.length)
        most = Math.max(most, this.writableLength)
        setImmediate(done)
      },
    })
    const stream = new StreamIO(new PassThrough(), writer)
    const data = Buffer.alloc(1_000_000)
    await stream.write(data)
    await stream.close()
    expect(sizes.reduce((sum, size) => sum + size)).toBe(1_000_000)
    expect(most).toBe(65_536)
  })
})
