import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { listen } from '../../../test/fixtures/loopback.ts'
import { StreamIO } from '../io/stream-io.ts'

for (const [title, isReset] of [
  ['a reset that comes together with bytes', true],
  ['an end that does', false],
] as const) {
  test(`StreamIO.read() tells ${title} as what it is`, async () => {
    await using server = await listen()
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    socket.pause()
    await once(socket, 'connect')
    const there = await server.accept()
    there.write('bytes')
    await delay(20)
    if (isReset) there.resetAndDestroy()
    else there.end()
    await delay(20)
    const stream = new StreamIO(socket)
    const got = await stream.read().catch((error: NodeJS.ErrnoException) => error.code)
    expect(String(got)).toBe(isReset ? 'ECONNRESET' : 'bytes')
    stream.destroy()
  })
}
