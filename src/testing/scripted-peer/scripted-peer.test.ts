import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { type PeerScript, ScriptError, ScriptedPeer } from '../index.ts'

const read = (name: string) => readFileSync(new URL(`../../../test/fixtures/${name}`, import.meta.url), 'utf8')
const tls = { key: read('localhost-key.pem'), cert: read('localhost-cert.pem') }

const call = (peer: ScriptedPeer): Socket => connect({ port: peer.port, host: peer.host, allowHalfOpen: true })

/** Plays a script against a client that sends a text, ends, and takes all. */
async function play(script: PeerScript, sent = ''): Promise<string> {
  await using peer = await ScriptedPeer.listen(script)
  const client = call(peer)
  client.end(sent)
  const received = await text(client)
  await peer.done
  return received
}

test('ScriptedPeer.listen() plays the script on each connection, and ends it', async () => {
  await using peer = await ScriptedPeer.listen((session) => session.send(`number ${session.number}`))
  expect(await text(call(peer).end())).toBe('number 0')
  expect(await text(call(peer).end())).toBe('number 1')
  await peer.done
  expect(peer.sessions).toHaveLength(2)
})

const cuts = [
  { cut: undefined, pieces: ['220 hi\r\n'] },
  { cut: 3, pieces: ['220', ' hi', '\r\n'] },
  { cut: [1, 2], pieces: ['2', '20', ' hi\r\n'] },
  { cut: [100], pieces: ['220 hi\r\n'] },
]
for (const { cut, pieces } of cuts) {
  test(`PeerStream.send() with cut ${cut} arrives as ${JSON.stringify(pieces)}`, async () => {
    await using peer = await ScriptedPeer.listen((session) => session.send('220 hi\r\n', { cut }))
    const client = call(peer)
    const chunks: string[] = []
    client.on('data', (chunk) => chunks.push(String(chunk)))
    await once(client, 'end')
    client.end()
    expect(chunks).toEqual(pieces)
  })
}

for (const cut of [0, -1, 1.5, Number.NaN, [1, 0]]) {
  test(`PeerStream.send() refuses cut ${cut}`, async () => {
    await expect(play((session) => session.send('x', { cut }))).rejects.toThrow(RangeError)
  })
}

test('PeerStream.send() after end() is the failure of the script', async () => {
  const script: PeerScript = async (session) => {
    session.end()
    await session.send('more')
  }
  await expect(play(script)).rejects.toThrow('Cannot send: the script has ended the stream')
})

test('PeerStream.send() resolves false when the other side has gone', async () => {
  let isTaken: boolean | undefined
  await using peer = await ScriptedPeer.listen(async (session) => {
    await session.silence()
    isTaken = await session.send('x')
  })
  const client = call(peer)
  await once(client, 'connect')
  client.resetAndDestroy()
  await peer.done
  expect(isTaken).toBe(false)
})

test('PeerSession.expect() takes a line or a pattern, and `received` has them all', async () => {
  const script: PeerScript = async (session) => {
    expect(await session.expect('USER anonymous')).toBe('USER anonymous')
    expect(await session.expect(/^PASS ./)).toBe('PASS ü')
    expect(session.received).toEqual(['USER anonymous', 'PASS ü'])
  }
  await play(script, 'USER anonymous\r\nPASS ü\n')
})

const misses = [
  { sent: 'QUIT\r\n', message: 'it expects "NOOP", "QUIT" came', received: 'QUIT' },
  { sent: '', message: 'it expects "NOOP", the connection has ended', received: undefined },
]
for (const { sent, message, received } of misses) {
  test(`PeerSession.expect() rejects when ${message}, and so does done`, async () => {
    const failure = play((session) => session.expect('NOOP'), sent)
    await expect(failure).rejects.toThrow(ScriptError)
    await expect(failure).rejects.toThrow(message)
    await expect(failure).rejects.toMatchObject({ code: 'ERR_SLUICE_SCRIPT', expected: '"NOOP"', received })
  })
}

test('ScriptedPeer[Symbol.asyncDispose]() throws what the script threw, unless done has', async () => {
  const failure = new Error('of the script')
  const script: PeerScript = () => Promise.reject(failure)
  const peer = await ScriptedPeer.listen(script)
  await text(call(peer).end())
  await expect(peer[Symbol.asyncDispose]()).rejects.toBe(failure)

  await using told = await ScriptedPeer.listen(script)
  await text(call(told).end())
  await expect(told.done).rejects.toBe(failure)
})

test('ScriptedPeer[Symbol.asyncDispose]() fails a script that still expects something, but none that is silent', async () => {
  for (const [script, isFailure] of [
    [(s) => s.expect('x'), true],
    [(s) => s.silence(), false],
    [(s) => s.deafness(), false],
  ] as [PeerScript, boolean][]) {
    const peer = await ScriptedPeer.listen(script)
    const client = call(peer).on('error', () => {})
    await once(client, 'connect')
    while (peer.sessions.length === 0) await new Promise(setImmediate)
    const disposal = peer[Symbol.asyncDispose]()
    await (isFailure ? expect(disposal).rejects.toThrow(ScriptError) : disposal)
    client.destroy()
  }
})

test('PeerStream.reset() arrives as ECONNRESET, end() as an end', async () => {
  await using peer = await ScriptedPeer.listen((session) => (session.number === 0 ? session.reset() : session.end()))
  await expect(text(call(peer))).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(await text(call(peer).end())).toBe('')
})

test('PeerStream.sendForever() sends under backpressure until the other side goes', async () => {
  let made = 0
  function* endless() {
    for (;;) {
      made += 65_536
      yield Buffer.alloc(65_536)
    }
  }
  await using peer = await ScriptedPeer.listen((session) => session.sendForever(endless()))
  const client = call(peer)
  await once(client, 'readable')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(made).toBeLessThan(32 * 1024 * 1024) // what the system's buffers hold
  client.destroy()
  await peer.done
})

test('PeerStream.deafness() takes nothing', async () => {
  await using peer = await ScriptedPeer.listen((session) => session.deafness())
  const client = call(peer).on('error', () => {})
  const isTaken = new Promise((resolve) => client.write(Buffer.alloc(64 * 1024 * 1024), resolve)).then(() => true)
  const isHeld = new Promise((resolve) => setTimeout(resolve, 100)).then(() => false)
  expect(await Promise.race([isTaken, isHeld])).toBe(false)
  client.destroy()
})

test('PeerStream.startTls() goes on in TLS, and resumes sessions under the same options', async () => {
  const resumed: boolean[] = []
  await using peer = await ScriptedPeer.listen(async (session) => {
    await session.expect('AUTH TLS')
    await session.send('234 go\r\n')
    expect(await session.startTls(tls)).toBe(true)
    resumed.push((session.socket as TLSSocket).isSessionReused())
    await session.expect('NOOP')
    await session.send('200 ok\r\n')
  })
  let ticket: Buffer | undefined
  for (let i = 0; i < 2; i++) {
    const plain = call(peer)
    plain.write('AUTH TLS\r\n')
    await once(plain, 'data')
    const secure = connectTls({
      socket: plain,
      ca: tls.cert,
      servername: 'localhost',
      ...(ticket && { session: ticket }),
    })
    secure.on('session', (session) => {
      ticket = session
    })
    secure.write('NOOP\r\n')
    expect(await text(secure)).toBe('200 ok\r\n')
    secure.end()
  }
  await peer.done
  expect(resumed).toEqual([false, true])
})

test('PeerStream.startTls() resolves false when the client breaks off the handshake', async () => {
  let isSecure: boolean | undefined
  await using peer = await ScriptedPeer.listen(async (session) => {
    isSecure = await session.startTls(tls)
    expect(session.error).toBeInstanceOf(Error)
  })
  const client = connectTls({ port: peer.port, host: peer.host })
  await once(client, 'error')
  await peer.done
  expect(isSecure).toBe(false)
})

test('ScriptedPeer.listen() with tls is in TLS from the beginning; reset() and an end without a close-notify work there too', async () => {
  await using peer = await ScriptedPeer.listen(
    async (session) => {
      await session.send('hello')
      await session.expect('thanks') // Node 20 and 22 take bytes and a reset that come together for bytes and an end
      if (session.number === 1) session.reset()
      if (session.number === 2) session.end({ closeNotify: false })
    },
    { tls },
  )
  const secure = () => {
    const client = connectTls({ port: peer.port, host: peer.host, ca: tls.cert, servername: 'localhost' })
    return client.once('data', () => client.write('thanks\n'))
  }
  expect(await text(secure())).toBe('hello')
  await expect(text(secure())).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(await text(secure())).toBe('hello') // that of Node tells no difference
})

test('PeerSession.openData() and connectData() give data connections', async () => {
  await using peer = await ScriptedPeer.listen(async (session) => {
    const port = await session.openData()
    await session.send(`${port.port} ${port.passive}\n`)
    const data = await port.accept()
    const content = await data.readAll()
    data.end()
    const back = await session.connectData(Number(await session.readLine()))
    await back.send(content)
    back.end()
  })
  const client = call(peer)
  const [line] = (await once(client, 'data')) as [Buffer]
  const [, port, passive] = /^(\d+) (.*)\n$/.exec(String(line)) ?? []
  expect(passive).toBe(`127,0,0,1,${Number(port) >> 8},${Number(port) & 255}`)
  const data = connect(Number(port), '127.0.0.1')
  data.end('some bytes')
  await once(data, 'close')

  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  client.write(`${(server.address() as { port: number }).port}\n`)
  const [active] = (await once(server, 'connection')) as [Socket]
  expect(await text(active)).toBe('some bytes')
  client.end()
  server.close()
  await peer.done
})

test('PeerSession.openData() fails a script that waits for a connection that never comes', async () => {
  const peer = await ScriptedPeer.listen(async (session) => {
    const port = await session.openData()
    await session.send('x')
    await port.accept()
  })
  const client = call(peer).on('error', () => {})
  await once(client, 'data')
  await expect(peer[Symbol.asyncDispose]()).rejects.toThrow('it expects a data connection')
})
