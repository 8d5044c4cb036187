import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { MemoryFileSystem, Server } from './index.ts'

/** Commands that have one reply each, and the same whenever they come. */
const commands = fc.oneof(
  fc.constantFrom(
    'NOOP',
    'PWD',
    'CDUP',
    'SYST',
    'FEAT',
    'STAT',
    'HELP',
    'EPSV',
    'NOPE',
    'RNTO b',
    'TYPE A',
    'TYPE I',
    'MLST',
    'RETR a',
  ),
  fc.constantFrom('REST 1', 'OPTS MLST size;', 'OPTS HASH MD5'),
  fc
    .tuple(
      fc.constantFrom('CWD', 'MKD', 'RMD', 'DELE', 'RNFR', 'RNTO', 'SIZE', 'MDTM', 'STAT', 'MLST', 'HASH'),
      fc.constantFrom('a', 'b', '/a/b', '..', 'x y'),
    )
    .map((parts) => parts.join(' ')),
)

/** What a server that has just begun says to these commands. */
async function repliesTo(lines: readonly string[], pieces: readonly number[] | undefined): Promise<string[]> {
  await using server = new Server({ fileSystem: new MemoryFileSystem() })
  const { port } = await server.listen()
  await using client = await LineClient.login(port)
  const replies: string[] = []
  const note = async () => {
    const { code, lines } = await client.reply()
    // Ports and times differ from one run to the next.
    replies.push(`${code} ${lines.join('|').replace(/modify=[\d.]+|\|\|\|\d+\||^\d{14}.*$/g, '')}`)
  }
  if (!pieces) {
    for (const line of lines) {
      client.send(line)
      await note()
    }
    return replies
  }
  const text = lines.map((line) => `${line}\r\n`).join('')
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = pieces[i % pieces.length] ?? 1
    client.sendRaw(text.slice(at, at + size))
    at += size
    if (i < 5) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const _ of lines) await note()
  return replies
}

test('commands that come at once, however they are cut, are answered as if they came one by one', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(fc.array(commands, { maxLength: 25 }), sizes, async (lines, sizes) => {
      expect(await repliesTo(lines, sizes)).toEqual(await repliesTo(lines, undefined))
    }),
    { numRuns: 40 },
  )
})

test('no bytes end the server, nor a connection before its turn', async () => {
  await using server = new Server()
  server.on('error', (error) => {
    throw error
  })
  const { port } = await server.listen()
  const bytes = fc.uint8Array({ maxLength: 2_000 })
  await fc.assert(
    fc.asyncProperty(bytes, async (bytes) => {
      await using client = await LineClient.login(port)
      // QUIT by chance would be right to end it.
      client.sendRaw(Buffer.from(bytes).map((byte) => (byte === 0x51 || byte === 0x71 ? 0 : byte)))
      client.sendRaw('\r\n\r\nOPTS HASH SHA-512\r\n')
      for (;;) if ((await client.reply()).lines[0] === 'SHA-512') break
    }),
    { numRuns: 100 },
  )
})
