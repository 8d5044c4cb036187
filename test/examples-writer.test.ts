import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { listen } from './fixtures/loopback.ts'

// Should this process stand still for longer than JITTER, chunks arrive late here or merged; that says nothing of the program.
const tries = { retry: 2 }

const root = fileURLToPath(new URL('..', import.meta.url))

/** What the server receives, cut where it received it, with the times. */
interface Received {
  readonly at: number
  readonly text: string
}

/** Runs an example as a program of its own, against a server that answers nothing, or something, and closes after it. */
async function run(name: string, interval: number, answer = ''): Promise<Received[]> {
  await using server = await listen()
  const program = promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', `examples/throttled-writer-${name}.ts`, '127.0.0.1', String(server.port), String(interval)],
    { cwd: root },
  )
  const received: Received[] = []
  const served = server.accept().then((socket) => {
    socket.write(answer)
    socket.on('data', (chunk) => received.push({ at: performance.now(), text: String(chunk) }))
    socket.on('end', () => socket.end())
  })
  const { stdout, stderr } = await program
  await served
  expect(stdout + stderr).toBe('')
  return received
}

/** How much later than it was sent a chunk may be seen here, and so how much shorter the next gap. */
const JITTER = 50

/** The texts, where each comes at least `gaps[i]` after the one before, as far as jitter lets one see. */
function expectReceived(received: readonly Received[], texts: readonly string[], interval: number): void {
  expect(received.map(({ text }) => text)).toEqual(texts)
  for (const [i, { at }] of received.slice(1).entries()) {
    expect(at - (received[i]?.at ?? 0)).toBeGreaterThanOrEqual(interval - JITTER)
  }
  const took = (received.at(-1)?.at ?? 0) - (received[0]?.at ?? 0)
  expect(took).toBeGreaterThanOrEqual(interval * (texts.length - 1) - JITTER)
}

test('examples/throttled-writer-quick-start.ts greets, with 100 ms between its words', tries, async () => {
  expectReceived(await run('quick-start', 100), ['Hello, ', 'World!'], 100)
})

test('examples/throttled-writer-quick-start.ts ends, though nobody reads what the server answers', tries, async () => {
  const received = await run('quick-start', 100, 'HTTP/1.1 400 Bad Request\r\n\r\n')
  expectReceived(received, ['Hello, ', 'World!'], 100)
})

test('examples/throttled-writer-basic.ts sends messages at intervals', tries, async () => {
  const messages = [0, 1, 2, 3, 4].map((i) => `Message ${i}\n`)
  expectReceived(await run('basic', 100), messages, 100)
})

test('examples/throttled-writer-bytewise.ts sends characters at intervals', tries, async () => {
  expectReceived(await run('bytewise', 100), [...'Hello World!'], 100)
})

test('examples/throttled-writer-mixed.ts throttles the data, and neither handshake nor goodbye', tries, async () => {
  const received = await run('mixed', 200)
  const text = received.map(({ text }) => text).join('')
  expect(text).toBe('CONNECT\nDATA 0\nDATA 1\nDATA 2\nQUIT\n')
  // What goes without an interval may arrive together with what went before.
  const data = received.filter(({ text }) => text.includes('DATA'))
  expect(data.map(({ text }) => text.match(/DATA \d/g))).toEqual([['DATA 0'], ['DATA 1'], ['DATA 2']])
  for (const [i, { at }] of data.slice(1).entries()) {
    expect(at - (data[i]?.at ?? 0)).toBeGreaterThanOrEqual(200 - JITTER)
  }
})
