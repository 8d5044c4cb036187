import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

test('examples/throttled-file-transfer.ts talks to a server under its throttles', async () => {
  const asked: string[] = []
  const server = createServer((socket) => {
    socket.write('220 ready\r\n')
    socket.on('data', (chunk) => {
      asked.push(String(chunk))
      socket.write('331 password please\r\n')
    })
    socket.on('end', () => socket.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', 'examples/throttled-file-transfer.ts', '127.0.0.1', String(port)],
      { cwd: root },
    )
    expect(stdout).toBe('Greeting: 220 ready\nResponse: 331 password please\nMoved 32 bytes in and 16 out\n')
    expect(stderr).toBe('')
    expect(asked.join('')).toBe('USER anonymous\r\n')
  } finally {
    server.close()
  }
})
