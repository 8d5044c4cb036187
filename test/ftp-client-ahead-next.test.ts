import { ClientPool, type LogEntry } from 'sluice/ftp'
import type { FtpAnswers, FtpCall } from 'sluice/testing'
import { expect, test } from 'vitest'
import { clientOptions, ftpPeer, scriptedFtp } from './fixtures/scripted-ftp.ts'

/** A conversation about files, whose times are asked for first. */
function conversation() {
  const said: string[] = []
  const logger = ({ text }: LogEntry) => {
    const word = /^(EPSV|MDTM|RETR|226)\b/.exec(text)?.[1]
    if (word) said.push(word)
  }
  const answers: FtpAnswers = {
    SIZE: '213 7',
    MDTM: '213 20200101000000',
    RETR: async (call: FtpCall) => {
      await call.reply('150 Opening data connection (7 bytes)')
      const data = await call.data()
      await data.send('content')
      data.end()
      return '226 Done'
    },
  }
  return { said, logger, answers }
}

/** With this the time is asked for. */
const options = { retry: 1 }
const first = ['MDTM', 'EPSV', 'RETR', '226']
const later = ['EPSV', 'MDTM', 'RETR', '226']

test('ClientPool asks for the next data connection ahead while transfers wait for any connection, and only then', async () => {
  const { said, logger, answers } = conversation()
  await using peer = await ftpPeer(answers)
  await using pool = new ClientPool(peer.host, { ...clientOptions(peer), logger, connections: 1 })
  const contents = await Promise.all(['a', 'b', 'c'].map((name) => pool.downloadBytes(name, options)))
  expect(contents.map(String)).toEqual(['content', 'content', 'content'])
  expect(said).toEqual([...first, ...later, ...later])
  expect(peer.sessions).toHaveLength(1)
})

test('Client.reconnect() gives a connection on which the next data connection is asked for ahead, too', async () => {
  const { said, logger, answers } = conversation()
  await using ftp = await scriptedFtp(answers, { logger })
  const { client, peer } = ftp
  peer.sessions[0]?.end()
  await expect.poll(() => client.isClosed).toBe(true)
  await client.reconnect()
  const contents = await Promise.all(['a', 'b'].map((name) => client.downloadBytes(name, options)))
  expect(contents.map(String)).toEqual(['content', 'content'])
  expect(said).toEqual([...first, ...later])
})
