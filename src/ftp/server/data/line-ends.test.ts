import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FromNetwork, toNetwork } from './line-ends.ts'

/** Cuts text in pieces, as a network does. */
async function* pieces(text: string, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let rest = Buffer.from(text, 'latin1')
  for (let i = 0; rest.length > 0; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield rest.subarray(0, size)
    rest = rest.subarray(size)
  }
}

async function sent(text: string, sizes: readonly number[]): Promise<string> {
  let result = ''
  for await (const chunk of toNetwork(pieces(text, sizes))) result += Buffer.from(chunk).toString('latin1')
  return result
}

async function received(text: string, sizes: readonly number[]): Promise<string> {
  let result = ''
  const filter = new FromNetwork((bytes) => {
    result += bytes.toString('latin1')
  })
  for await (const piece of pieces(text, sizes)) await filter.take(piece)
  await filter.end()
  return result
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
const text = fc.array(fc.constantFrom('\r', '\n', 'a', '\xff'), { maxLength: 30 }).map((parts) => parts.join(''))

test('toNetwork() puts CR before each LF that has none, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(text, sizes, async (text, sizes) => {
      expect(await sent(text, sizes)).toBe(text.replace(/(?<!\r)\n/g, '\r\n'))
    }),
  )
})

test('FromNetwork.take() makes LF of each CRLF, however it is cut, and leaves a CR alone', async () => {
  await fc.assert(
    fc.asyncProperty(text, sizes, async (text, sizes) => {
      expect(await received(text, sizes)).toBe(text.replaceAll('\r\n', '\n'))
    }),
  )
})

test('FromNetwork.take() gives back what toNetwork() was given, if that had no CR', async () => {
  await fc.assert(
    fc.asyncProperty(text, sizes, async (text, sizes) => {
      const lines = text.replaceAll('\r', '')
      expect(await received(await sent(lines, sizes), sizes)).toBe(lines)
    }),
  )
})
