import { describe, expect, test } from 'vitest'
import { scriptedFtp } from '../../../test/fixtures/scripted-ftp.ts'
import { type FtpAnswers, VirtualClock } from '../../testing/index.ts'
import type { Client } from './client.ts'

const ANSWERS: FtpAnswers = {
  RETR: (call) => call.serve(Buffer.alloc(200_000, 'content ')),
  STOR: (call) => call.store(),
  MLSD: (call) => call.serve('type=file; a\r\ntype=file; b\r\n'),
  SIZE: '213 200000',
}

describe('Client, whose goodbye', () => {
  const patiences = [
    { command: null, patience: 3_000 },
    { command: 30_000, patience: 3_000 },
    { command: 400, patience: 400 },
  ]
  for (const { command, patience } of patiences) {
    test(`Client.quit() waits ${patience} ms for an answer if commands have ${command}, and no call longer`, async () => {
      const clock = new VirtualClock()
      await clock.run(async () => {
        const answers: FtpAnswers = { SIZE: '550 None', QUIT: (call) => call.session.silence() }
        await using ftp = await scriptedFtp(answers, { clock, timeout: null, timeouts: { command } })
        const size = expect(ftp.client.size('x')).rejects.toMatchObject({ replyCode: 550 })
        const said = { phase: 'command', timeout: patience, command: 'QUIT' }
        await expect(ftp.client.quit()).rejects.toMatchObject(said)
        await size
      })
      expect(clock.pending).toBe(0)
    })
  }

  const behind: { title: string; call: (client: Client, signal: AbortSignal) => Promise<unknown> }[] = [
    { title: 'Client.downloadBytes()', call: (client, signal) => client.downloadBytes('x', { signal }) },
    { title: 'Client.size()', call: (client, signal) => client.size('x', { signal }) },
  ]
  for (const { title, call } of behind) {
    test(`${title} that waits for a loose stream tells its end, and only then Client.quit() says goodbye`, async () => {
      await using ftp = await scriptedFtp({ ...ANSWERS, SIZE: '213 0' })
      const stream = await ftp.client.uploadStream('x')
      const abort = new AbortController()
      const calling = call(ftp.client, abort.signal)
      const quitting = ftp.client.quit()
      abort.abort(new Error('enough'))
      await expect(calling).rejects.toThrow('enough')
      await stream.finish()
      await quitting
      expect(ftp.commands().at(-1)).toBe('QUIT')
    })
  }

  test('Client.quit() does not wait for ever for a stream that was not finished', async () => {
    await using ftp = await scriptedFtp(ANSWERS, { timeouts: { command: 100 } })
    const stream = await ftp.client.downloadStream('x')
    await stream.read()
    const calling = expect(ftp.client.downloadBytes('x')).rejects.toMatchObject({ code: 'ERR_SLUICE_BUSY' })
    await expect(ftp.client.quit()).rejects.toMatchObject({ code: 'ERR_SLUICE_BUSY' })
    await calling
    await ftp.peer.sessions[0]?.silence()
  })

  for (const [title, which] of [
    ['the first', 0],
    ['the second', 1],
  ] as const) {
    test(`Client.quit() that is aborted closes at once, and tells that to its own caller: ${title} of two`, async () => {
      await using ftp = await scriptedFtp({ ...ANSWERS, RETR: (call) => call.session.silence() }, { timeout: null })
      const before = expect(ftp.client.downloadBytes('x')).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
      const aborts = [new AbortController(), new AbortController()]
      const quits = aborts.map(({ signal }) => ftp.client.quit({ signal }))
      const results = Promise.allSettled(quits)
      aborts[which]?.abort(new Error('enough'))
      const expected = quits.map((_, i) =>
        i === which ? expect.objectContaining({ reason: new Error('enough') }) : { status: 'fulfilled' },
      )
      expect(await results).toMatchObject(expected)
      await before
      await ftp.client.quit()
      await ftp.peer.done
    })
  }

  test('Client.close() does not ask those for an `await` whose call had begun', async () => {
    await using ftp = await scriptedFtp(ANSWERS)
    const { client } = ftp
    const listing = client.list()[Symbol.asyncIterator]()
    const calls = [client.size('x'), client.downloadBytes('x'), client.downloadStream('x'), listing.next()]
    const results = Promise.allSettled(calls)
    const quitting = client.quit()
    client.close()
    for (const result of await results) {
      expect(result).toMatchObject({ reason: { code: 'ERR_SLUICE_CLOSED' } })
      expect(String((result as PromiseRejectedResult).reason)).not.toContain('await')
    }
    await quitting
    await expect(client.size('x')).rejects.toThrow('is an `await` missing?')
    await expect(client.downloadBytes('x')).rejects.toThrow('is an `await` missing?')
  })
})
