import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { localhost } from '../../../../test/fixtures/loopback.ts'
import { clientOptions, ftpPeer } from '../../../../test/fixtures/scripted-ftp.ts'
import type { FtpCall } from '../../../testing/index.ts'
import { SocketIntake } from '../../transfer/socket-intake.ts'
import { type ClientOptions, clientSettings } from '../client-options.ts'
import { Connection } from '../connection.ts'
import { DataTransfer } from './data-transfer.ts'

const plain: ClientOptions = {}
const ways: { title: string; options: ClientOptions; reads: boolean; isDestroyed: boolean }[] = [
  { title: 'closes the data connection, whose data have ended', options: plain, reads: true, isDestroyed: true },
  { title: 'ends the data connection, whose data have not', options: plain, reads: false, isDestroyed: false },
  {
    title: 'ends the data connection under TLS, which has to say goodbye',
    options: { tls: 'explicit' },
    reads: true,
    isDestroyed: false,
  },
  {
    title: "ends the data connection of somebody else's making",
    options: { connect: ({ host, port }) => Promise.resolve(connect({ host, port, allowHalfOpen: true })) },
    reads: true,
    isDestroyed: false,
  },
]

for (const { title, options, reads, isDestroyed } of ways) {
  test(`DataTransfer.finish() ${title}`, async () => {
    const RETR = async (call: FtpCall) => {
      await call.reply('150 Here it comes')
      const data = await call.data()
      await data.send('content')
      // Until this end is there, if the other one is not to see ours before.
      while (!reads && (await data.read()));
      data.end()
      return '226 Done'
    }
    await using peer = await ftpPeer({ RETR }, options.tls ? { tls: localhost } : {})
    const connection = await Connection.open(clientSettings(peer.host, clientOptions(peer, options)), undefined)
    await connection.run({}, async (session) => {
      const intake = new SocketIntake()
      const transfer = await DataTransfer.start(session, { verb: 'RETR', argument: 'x', intake, signal: undefined })
      const { socket, usesOnread } = transfer
      if (!usesOnread) intake.attach(socket, false)
      while (reads && !intake.ended) {
        await intake.ready(AbortSignal.timeout(5000))
        intake.consume(intake.front.length)
      }
      const finished = transfer.finish({ expectedCodes: '2xx', waitCodes: '1xx', signal: undefined })
      expect([socket.destroyed, socket.writableEnded]).toEqual([isDestroyed, !isDestroyed])
      expect(await finished).toMatchObject({ code: 226 })
      intake.release()
      await session.command('NOOP')
    })
    connection.close()
  })
}
