import { type AddressInfo, connect, createServer, type Server as Listener, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { allOf, LineClient } from '../../../test/fixtures/line-client.ts'
import { Server, type ServerOptions } from './index.ts'

async function start(options: ServerOptions = {}) {
  const server = new Server(options)
  const { port } = await server.listen()
  const client = await LineClient.login(port)
  return { server, client, port }
}

test('PASV and EPSV take a data connection from the client only', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.store('STOR file', 'x')
  const port = await client.passivePort()
  const thief = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  thief.on('error', () => {})
  await new Promise((resolve) => thief.once('close', resolve))
  client.send('RETR file')
  await client.reply(150)
  expect(String(await allOf(connect(port, '127.0.0.1')))).toBe('x')
  await client.reply(226)
})

test('PASV tells an address of IPv4, that of NAT if there is one', async () => {
  const { server, client } = await start({
    passiveHost: (address) => (address === '127.0.0.1' ? '10.1.2.3' : undefined),
  })
  await using _ = server
  expect((await client.command('PASV', 227)).lines[0]).toMatch(/\(10,1,2,3,\d+,\d+\)/)
})

test('EPSV knows families, and ALL', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.command('EPSV 1', 229)
  await client.command('EPSV 2', 522)
  await client.command('EPSV ALL', 200)
  for (const line of ['PASV', 'PORT 127,0,0,1,200,1', 'EPRT |1|127.0.0.1|5000|']) await client.command(line, 503)
  await client.command('EPSV', 229)
})

test('EPSV works over IPv6, PASV does not', async () => {
  const server = new Server()
  await using _ = server
  const { port } = await server.listen({ host: '::1' })
  expect(server.url).toBe(`ftp://[::1]:${port}`)
  const client = await LineClient.login(port, 'anonymous', 'x', '::1')
  await client.command('PASV', 425)
  await client.store('STOR file', 'x')
  await client.command('EPRT |1|127.0.0.1|5000|', 522)
})

test('EPRT reaches another address of IPv6, if that is allowed', async () => {
  for (const [allowForeignData, code] of [
    [false, 504],
    [true, 200],
  ] as const) {
    const server = new Server({ allowForeignData })
    await using _ = server
    const { port } = await server.listen({ host: '::1' })
    const client = await LineClient.login(port, 'anonymous', 'x', '::1')
    const listener = createServer().listen(0, '::1')
    const next = new Promise<Socket>((resolve) => listener.once('connection', resolve))
    await new Promise((resolve) => listener.once('listening', resolve))
    // The unspecified address leads to the machine itself.
    await client.command(`EPRT |2|::|${(listener.address() as AddressInfo).port}|`, code)
    if (code === 200) {
      await client.command('STOR file', 150)
      ;(await next).end('active')
      await client.reply(226)
    }
    listener.close()
  }
})

const refused = [
  ['PORT 127,0,0,2,200,1', 504],
  ['PORT 127,0,0,1,0,80', 504],
  ['PORT 127,0,0,1,256,1', 501],
  ['PORT 127,0,0,1', 501],
  ['EPRT |1|127.0.0.2|5000|', 504],
  ['EPRT |1|127.0.0.1|1023|', 504],
  ['EPRT |3|127.0.0.1|5000|', 501],
  ['EPRT |2|::1|5000|', 522],
] as const
for (const [line, code] of refused) {
  test(`${line} is refused with ${code}`, async () => {
    const { server, client } = await start()
    await using _ = server
    await client.command(line, code)
    await client.command('NLST', 425)
  })
}

async function activeListener(): Promise<{ listener: Listener; next: Promise<Socket>; port: number }> {
  const listener = createServer({ allowHalfOpen: true })
  const next = new Promise<Socket>((resolve) => listener.once('connection', resolve))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  return { listener, next, port: typeof address === 'object' && address ? address.port : 0 }
}

test('PORT and EPRT have the server connect', async () => {
  const { server, client } = await start()
  await using _ = server
  for (const format of ['PORT', 'EPRT']) {
    const { listener, next, port } = await activeListener()
    const address = format === 'PORT' ? `127,0,0,1,${port >> 8},${port & 255}` : `|1|127.0.0.1|${port}|`
    await client.command(`${format} ${address}`, 200)
    await client.command('STOR file', 150)
    ;(await next).end('active')
    await client.reply(226)
    listener.close()
    expect(String(await client.fetch('RETR file'))).toBe('active')
  }
})

test('PORT to where nobody listens answers 425', async () => {
  const { server, client } = await start()
  await using _ = server
  const { listener, port } = await activeListener()
  await new Promise((resolve) => listener.close(resolve))
  await client.command(`PORT 127,0,0,1,${port >> 8},${port & 255}`, 200)
  client.send('STOR file')
  expect(await client.codes(2)).toEqual([150, 425])
})

test('Server({ allowActive: false }) refuses PORT and EPRT', async () => {
  const { server, client } = await start({ allowActive: false })
  await using _ = server
  await client.command('PORT 127,0,0,1,200,1', 502)
  expect((await client.command('FEAT', 211)).lines).not.toContain(' EPRT')
})

/** A port that is taken, and with the next one free: below those that the system gives away. */
async function takenPort(): Promise<{ taken: number; release: () => void }> {
  for (let port = 20_000 + Math.floor(Math.random() * 10_000); ; port += 2) {
    const listeners = [createServer(), createServer()]
    const [first, second] = await Promise.all(
      listeners.map(
        (listener, i) =>
          new Promise<boolean>((resolve) => {
            listener.once('error', () => resolve(false)).listen(port + i, '127.0.0.1', () => resolve(true))
          }),
      ),
    )
    listeners[1]?.close()
    if (first && second) return { taken: port, release: () => void listeners[0]?.close() }
    listeners[0]?.close()
  }
}

test('Server({ passivePorts }) stays within its ports, skips those in use, and gets them back', async () => {
  const { taken, release } = await takenPort()
  const { server, client, port } = await start({ passivePorts: { from: taken, to: taken + 1 } })
  await using _ = server
  await using second = await LineClient.login(port)
  for (const giveBack of ['ABOR', 'REIN', 'ABOR', 'REIN']) {
    expect(await client.passivePort()).toBe(taken + 1)
    await client.store('STOR file', 'x')
    await client.passivePort()
    await second.command('EPSV', 425)
    await client.command(giveBack)
    client.send('USER anonymous', 'PASS x')
    await client.codes(2)
  }
  release()
})
