import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { type PeerSession, ScriptedPeer, VirtualClock } from '../../../testing/index.ts'
import { textCodec } from '../../protocol/codec.ts'
import { Log } from '../log.ts'
import { ControlConnection } from './control-connection.ts'

const ends: Readonly<Record<string, (control: ControlConnection, server: PeerSession) => unknown>> = {
  'is destroyed here': (control) => control.destroy(),
  'is ended here': (control) => control.end(),
  'is closed by the server': (_, server) => server.end(),
  'is reset by the server': (_, server) => server.reset(),
  'is given up by the server (421)': (_, server) => server.send('421 Go away\r\n'),
  'has another protocol': (_, server) => server.send('HTTP/1.1 400 Bad Request\r\n\r\n'),
}

for (const [title, end] of Object.entries(ends)) {
  for (const isWaiting of [true, false]) {
    const command = isWaiting ? 'waits for its reply' : 'was answered'
    test(`ControlConnection leaves no timer when it ${title} while a command ${command}`, async () => {
      let server: PeerSession | undefined
      await using peer = await ScriptedPeer.listen((session) => {
        server = session
        return session.silence()
      })
      const clock = new VirtualClock()
      const socket = connect(peer.port, peer.host)
      await once(socket, 'connect')
      const control = new ControlConnection(socket, {
        codec: textCodec('utf8'),
        clock,
        log: new Log('peer', undefined),
      })
      await expect.poll(() => server).toBeDefined()
      const reply = control.reply(control.send('NOOP'), { phase: 'command', timeout: 60_000 })
      reply.catch(() => {})
      if (!isWaiting) {
        await server?.send('200 Fine\r\n')
        await reply
      }
      // One that was answered in time leaves its timer for the next.
      expect(clock.pending).toBe(1)
      const closed = once(socket, 'close').catch(() => {})
      await end(control, server as PeerSession)
      await closed
      expect([clock.pending, control.failure]).toEqual([0, expect.any(Error)])
    })
  }
}
