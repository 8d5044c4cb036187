import { afterEach, expect, test } from 'vitest'
import { describeRedis, RedisServer } from '../../../test/fixtures/redis-server.ts'
import { OutageError } from '../../redis/index.ts'
import { Failure } from '../failure.ts'
import { LateClient } from './late-client.ts'
import { parseRedisUrl } from './redis-url.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

const absence = new Failure('ECONNREFUSED', 'Cannot use redis://host/uplink: nothing listens there')

function late(url: string): LateClient {
  const client = new LateClient(parseRedisUrl(url), { env: { SLUICE_REDIS_PASSWORD: 'secret' } }, absence)
  open.push(() => client.close())
  return client
}

test('LateClient.failureOf() gives the reason of the last attempt, whatever a call says', async () => {
  const client = late('redis://127.0.0.1:1/uplink')
  await expect(client.runScript([], [])).rejects.toBe(absence)
  for (const error of [new OutageError('uplink', 'AUTH secret'), new Error('secret')]) {
    expect(client.failureOf(error)).toBe(absence)
  }
  const other = new Failure('CODE', 'Cannot share it: so')
  expect(client.failureOf(other)).toBe(other)
})

describeRedis('LateClient', () => {
  test('failureOf() shows no password that came from the environment, once it is connected', async () => {
    await using server = await RedisServer.start('--requirepass', 'secret')
    const client = late(`${server.url}/uplink`)
    const isThere = () => client.runScript(['sluice:{a}', 'sluice:{a}:members'], ['show', '']).catch((error) => error)
    while ((await isThere()) === absence) await new Promise((resolve) => setTimeout(resolve, 20))
    const error = new Error('unknown command, with args: secret')
    for (const each of [error, new OutageError('uplink', error.message, { cause: error })]) {
      const failure = client.failureOf(each)
      expect(failure.message).toContain('with args: ****')
      expect(failure.message).not.toContain('secret')
      expect(failure.cause).toBeUndefined()
    }
  })
})
