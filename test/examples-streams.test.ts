import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs an example as a program of its own. */
function run(name: string, ...args: string[]) {
  return promisify(execFile)(process.execPath, ['--import', 'tsx', `examples/${name}.ts`, ...args], { cwd: root })
}

test('examples/basic-streaming.ts shows the status of a web server', async () => {
  const server = createServer((request, response) => response.end(`You asked for ${request.url}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const { stdout, stderr } = await run('basic-streaming', '127.0.0.1', String(port))
    expect(stdout).toMatch(/^Status: HTTP\/1\.1 200 OK\nReceived [1-9]\d* bytes\n$/)
    expect(stderr).toBe('')
  } finally {
    server.close()
  }
})
