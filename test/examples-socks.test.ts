import { execFile } from 'node:child_process'
import { connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MemoryFileSystem, Server } from 'sluice/ftp-server'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A SOCKS5 proxy that connects to names, and sends its answers in packets of a byte. */
async function socksProxy(refusal = 0) {
  const targets: string[] = []
  const open = new Set<Socket>()
  const server = createServer((client) => {
    open.add(client)
    client.on('error', () => {})
    client.once('data', () => {
      client.write(Uint8Array.of(5, 0))
      client.once('data', (request) => {
        const length = request[4] ?? 0
        const [host, port] = [request.toString('latin1', 5, 5 + length), request.readUInt16BE(5 + length)]
        targets.push(host)
        const target = connect(port, host, async () => {
          client.setNoDelay(true)
          const answer = Buffer.of(5, refusal, 0, 1, 127, 0, 0, 1, 0, 0)
          for (const byte of answer) await new Promise((resolve) => client.write(Uint8Array.of(byte), resolve))
          client.pipe(target).pipe(client)
        })
        target.on('error', () => client.destroy())
        open.add(target)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' ? address?.port : undefined,
    targets,
    [Symbol.dispose]() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

async function run(...args: readonly unknown[]): Promise<string> {
  const command = ['--import', 'tsx', 'examples/socks-proxy.ts', ...args.map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root })
  return stdout
}

test('examples/socks-proxy.ts lists a directory, with all connections through the proxy', async () => {
  await using server = new Server({ fileSystem: new MemoryFileSystem({ files: { '/a.txt': 'hello' } }) })
  const { port } = await server.listen()
  using proxy = await socksProxy()
  expect(await run('127.0.0.1', port, '127.0.0.1', proxy.port)).toBe('file 5 a.txt\n')
  expect(proxy.targets).toEqual(['127.0.0.1', '127.0.0.1'])
})

test('examples/socks-proxy.ts says that the proxy refuses', async () => {
  await using server = new Server()
  const { port } = await server.listen()
  using proxy = await socksProxy(2)
  await expect(run('127.0.0.1', port, '127.0.0.1', proxy.port)).rejects.toThrow('the proxy refuses, code 2')
})
