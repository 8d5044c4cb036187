import { setTimeout as delay } from 'node:timers/promises'
import { ClientPool, type LogEntry } from 'sluice/ftp'
import type { FtpAnswers, FtpCall } from 'sluice/testing'
import { expect, test } from 'vitest'
import { clientOptions, ftpPeer, scriptedFtp } from './fixtures/scripted-ftp.ts'

/** A conversation about files 'a', 'b', ..., up to `last`, with a server that confirms none as long as it can expect EPSV. */
function conversation(last: string) {
  const said: string[] = []
  const logger = ({ text }: LogEntry) => {
    const word = /^(EPSV|RETR|226)\b/.exec(text)?.[1]
    if (word) said.push(word)
  }
  const answers: FtpAnswers = {
    SIZE: '213 7',
    RETR: async (call: FtpCall) => {
      await call.reply('150 Opening data connection (7 bytes)')
      const data = await call.data()
      await data.send('content')
      data.end()
      if (call.argument === last) await delay(50)
      else for (let i = 0; i < 200 && said.at(-1) !== 'EPSV'; i++) await delay(10)
      return '226 Done'
    },
  }
  return { said, logger, answers }
}

// That the next data connection is asked for before the file is confirmed shows that it is known that one is wanted.
const ahead = ['RETR', 'EPSV', '226']
const last = ['RETR', '226']

test('ClientPool asks for the next data connection ahead while transfers wait for any connection, and only then', async () => {
  const { said, logger, answers } = conversation('c')
  await using peer = await ftpPeer(answers)
  await using pool = new ClientPool(peer.host, { ...clientOptions(peer), logger, connections: 1 })
  const contents = await Promise.all(['a', 'b', 'c'].map((name) => pool.downloadBytes(name)))
  expect(contents.map(String)).toEqual(['content', 'content', 'content'])
  expect(said).toEqual(['EPSV', ...ahead, ...ahead, ...last])
  expect(peer.sessions).toHaveLength(1)
})

test('Client.reconnect() gives a connection on which the next data connection is asked for ahead, too', async () => {
  const { said, logger, answers } = conversation('b')
  await using ftp = await scriptedFtp(answers, { logger })
  const { client, peer } = ftp
  peer.sessions[0]?.end()
  await expect.poll(() => client.isClosed).toBe(true)
  await client.reconnect()
  const contents = await Promise.all(['a', 'b'].map((name) => client.downloadBytes(name)))
  expect(contents.map(String)).toEqual(['content', 'content'])
  expect(said).toEqual(['EPSV', ...ahead, ...last])
})
