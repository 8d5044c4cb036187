import { Client } from 'sluice/ftp'
import { answerFtp, ScriptedPeer } from 'sluice/testing'
import { expect, test } from 'vitest'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { watchForgotten } from './forgotten-stream.ts'

test('watchForgotten() gives an error when a stream has not been used for so long, and not before', async () => {
  const clock = new VirtualClock()
  let lastUsed = 0
  const stream = {
    command: 'RETR a',
    get idle() {
      return clock.now() - lastUsed
    },
  }
  const given: [number, string][] = []
  watchForgotten(new Set([stream]), { clock, timeout: 1000 }, (error) => given.push([clock.now(), error.message]))
  await clock.advance(900)
  lastUsed = clock.now()
  await clock.advance(900)
  expect(given).toEqual([])
  await clock.advance(200)
  expect(given).toEqual([[1900, expect.stringContaining('RETR a')]])
})

test('watchForgotten() gives nothing when the streams are gone, or it was ended', async () => {
  const clock = new VirtualClock()
  const streams = new Set([{ command: 'RETR a', idle: 0 }])
  const given: unknown[] = []
  const end = watchForgotten(streams, { clock, timeout: 1000 }, (error) => given.push(error))
  streams.clear()
  await clock.advance(5000)
  end()
  expect(given).toEqual([])
})

test('watchForgotten() watches a stream that is opened after the first one is gone', async () => {
  const clock = new VirtualClock()
  const streams = new Set([{ command: 'RETR a', idle: 0 }])
  const given: string[] = []
  watchForgotten(streams, { clock, timeout: 1000 }, (error) => given.push(error.message))
  streams.clear()
  await clock.advance(1500)
  streams.add({ command: 'RETR b', idle: 1000 })
  await clock.advance(1000)
  expect(given).toEqual([expect.stringContaining('RETR b')])
})

test('Client.size() does not wait for ever behind a stream that nobody reads', async () => {
  await using peer = await ScriptedPeer.listen((session) =>
    answerFtp(session, { RETR: (call) => call.serve(Buffer.from('content')), SIZE: '213 7' }),
  )
  await using client = await Client.connect(peer.host, { port: peer.port, timeouts: { command: 200 } })
  const stream = await client.downloadStream('a')
  await expect(client.size('a')).rejects.toMatchObject({ code: 'ERR_SLUICE_BUSY' })
  expect((await stream.read()).toString()).toBe('content')
  await stream.finish()
  expect(await client.size('a')).toBe(7)
})

test('Client.size() does not wait for ever behind a stream that is being opened, nor behind the first of two', async () => {
  await using peer = await ScriptedPeer.listen((session) =>
    answerFtp(session, { RETR: (call) => call.serve(Buffer.from('content')), SIZE: '213 7' }),
  )
  await using client = await Client.connect(peer.host, { port: peer.port, timeouts: { command: 200 } })
  const opening = client.downloadStream('a')
  const refused = Promise.allSettled([client.downloadStream('b'), client.size('a')])
  const stream = await opening
  const busy = { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_SLUICE_BUSY' }) }
  expect(await refused).toEqual([busy, busy])
  expect((await stream.read()).toString()).toBe('content')
  await stream.finish()
  expect(await client.size('a')).toBe(7)
})

test('Client[Symbol.asyncDispose]() gives up a stream that is being opened', async () => {
  await using peer = await ScriptedPeer.listen((session) =>
    answerFtp(session, { RETR: (call) => call.serve(Buffer.from('content')) }),
  )
  const client = await Client.connect(peer.host, { port: peer.port })
  const refused = expect(client.downloadStream('a')).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
  await client[Symbol.asyncDispose]()
  await refused
  expect(client.isClosed).toBe(true)
})

test('Client.size() waits for a stream that is slow', async () => {
  await using peer = await ScriptedPeer.listen((session) =>
    answerFtp(session, {
      RETR: async (call) => {
        await call.reply('150 here it comes')
        const data = await call.data()
        for (const word of ['a', 'b', 'c', 'd', 'e']) {
          await data.send(word)
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
        await data.end()
        await call.reply('226 done')
      },
      SIZE: '213 5',
    }),
  )
  await using client = await Client.connect(peer.host, { port: peer.port, timeouts: { command: 250 } })
  const stream = await client.downloadStream('a')
  const size = client.size('a')
  expect((await stream.read()).toString()).toMatch(/^a/)
  for (let block = await stream.read(); block.length > 0; ) block = await stream.read()
  await stream.finish()
  expect(await size).toBe(5)
})
