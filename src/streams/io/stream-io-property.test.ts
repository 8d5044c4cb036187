import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IncompleteReadError } from '../../errors.ts'
import { StreamIO } from './stream-io.ts'

/** Grants as a throttle does: some of what is asked for, at once or after a wait that can be aborted. Counts what it granted. */
class Granting extends StreamIO {
  taken = 0
  sent = 0
  readonly grants: number[]
  constructor(stream: Duplex, grants: readonly number[]) {
    super(stream, { maxLineLength: 64 })
    this.grants = [...grants]
  }

  protected override async take(wanted: number, signal: AbortSignal): Promise<Buffer> {
    const granted = await this.#grant(wanted, signal)
    this.taken += granted
    return super.take(granted, signal)
  }

  protected override async send(bytes: Uint8Array, signal: AbortSignal): Promise<number> {
    const granted = await this.#grant(bytes.length, signal)
    this.sent += granted
    return super.send(bytes.subarray(0, granted), signal)
  }

  async #grant(wanted: number, signal: AbortSignal): Promise<number> {
    const granted = Math.min(wanted, this.grants.shift() ?? wanted)
    if (granted > 0) return granted
    await turn(undefined, { signal }).catch(() => signal.throwIfAborted())
    return 1
  }
}

const calls = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: -1, max: 20 }) }),
  fc.record({ kind: fc.constant('readline' as const), count: fc.constant(0) }),
  fc.record({ kind: fc.constant('readExactly' as const), count: fc.nat(30) }),
  fc.record({ kind: fc.constant('readUntil' as const), count: fc.constant(0) }),
)

function call(stream: StreamIO, { kind, count }: { kind: string; count: number }, signal: AbortSignal) {
  if (kind === 'read') return stream.read(count, { signal })
  if (kind === 'readline') return stream.readline({ signal })
  if (kind === 'readExactly') return stream.readExactly(count, { signal })
  return stream.readUntil('\r\n', { signal })
}

const input = fc.array(
  fc.array(fc.constantFrom('a', 'b', '\r', '\n', '\r\n', 'long'.repeat(12)), { maxLength: 8 }).map((p) => p.join('')),
  { maxLength: 12 },
)

test('StreamIO gives every byte once and in order, and asks once for each, whatever is aborted when', async () => {
  const step = fc.record({ call: calls, abortAfter: fc.option(fc.nat(4)) })
  await fc.assert(
    fc.asyncProperty(input, fc.array(step, { maxLength: 15 }), fc.array(fc.nat(9)), async (chunks, steps, grants) => {
      const duplex = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
      const stream = new Granting(duplex, grants)
      const feeding = (async () => {
        for (const chunk of chunks) {
          duplex.push(chunk)
          await turn()
        }
        duplex.push(null)
      })()
      let seen = ''
      for (const { call: what, abortAfter } of steps) {
        const abort = new AbortController()
        const result = call(stream, what, abort.signal)
        result.catch(() => {})
        if (abortAfter !== null) {
          for (let count = 0; count < abortAfter; count++) await turn()
          abort.abort('enough')
        }
        try {
          seen += (await result).toString()
        } catch (error) {
          if (error instanceof IncompleteReadError) seen += error.partial.toString()
          else if (error !== 'enough') expect(error).toHaveProperty('code', 'ERR_SLUICE_LINE_TOO_LONG')
        }
      }
      seen += (await stream.read()).toString()
      await feeding
      expect(seen).toBe(chunks.join(''))
      expect(stream.taken).toBe(seen.length)
      await stream.close()
    }),
    { numRuns: 300 },
  )
})

test('StreamIO.write() never mixes the bytes of two writes, whatever is aborted when', async () => {
  const step = fc.record({ length: fc.nat(30), abortAfter: fc.option(fc.nat(4)), pause: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.array(fc.nat(9)), async (steps, grants) => {
      let out = ''
      const duplex = new Duplex({
        highWaterMark: 10,
        read() {},
        write(chunk, _encoding, done) {
          out += chunk.toString()
          setImmediate(done)
        },
      })
      const stream = new Granting(duplex, grants)
      const results = steps.map(async ({ length, abortAfter }, index) => {
        const data = String.fromCharCode(97 + index).repeat(length)
        const abort = new AbortController()
        const written = stream.write(data, { signal: abort.signal }).then(
          () => true,
          (reason) => reason !== 'enough',
        )
        for (let count = 0; count < (abortAfter ?? 0); count++) await turn()
        if (abortAfter !== null) abort.abort('enough')
        return { data, whole: await written }
      })
      const done = await Promise.all(results)
      await stream.close()
      expect(stream.sent).toBe(out.length)
      let rest = out
      for (const { data, whole } of done) {
        let length = 0
        while (length < data.length && rest[length] === data[0]) length++
        if (whole) expect(length).toBe(data.length)
        rest = rest.slice(length)
      }
      expect(rest).toBe('')
    }),
    { numRuns: 300 },
  )
})
