import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { scriptedFtp } from '../../../../test/fixtures/scripted-ftp.ts'
import type { FtpAnswers } from '../../../testing/index.ts'

const ANSWERS: FtpAnswers = {
  RETR: async (call) => {
    await call.reply('150 Here it comes')
    await call.data()
  },
  ABOR: '226 Aborted',
  PWD: async () => {
    await delay(50)
    return '257 "/"'
  },
}

test('DataConnectionThrottleStreamIO.close() after destroy() settles when the next command can go out', async () => {
  const replies: string[] = []
  const logger = ({ kind, text }: { kind: string; text: string }) => {
    if (kind === 'reply') replies.push(text.slice(0, 3))
  }
  await using ftp = await scriptedFtp(ANSWERS, { logger })
  const stream = await ftp.client.downloadStream('x')
  stream.destroy()
  await stream.close()
  expect(replies.at(-1)).toBe('257')
  expect(await ftp.client.currentDirectory()).toBe('/')
})
