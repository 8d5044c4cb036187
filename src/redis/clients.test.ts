import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { type RedisClient, runnerOf } from './clients.ts'
import { keysOf } from './keys.ts'
import { scriptText } from './script-text.ts'
import { SharedThrottle } from './shared-throttle.ts'

const sha = createHash('sha1').update(scriptText).digest('hex')
const missing = () => Promise.reject(new Error('NOSCRIPT No matching script'))

test('runnerOf() calls ioredis by the hash of the script, and by its text where Redis has forgotten it', async () => {
  const calls: unknown[][] = []
  const client = {
    evalsha: (...args: unknown[]) => {
      calls.push(args)
      return calls.length === 1 ? missing() : Promise.resolve(['OK'])
    },
    eval: (...args: unknown[]) => {
      calls.push(args)
      return Promise.resolve(['OK'])
    },
  }
  const { runScript, listen } = runnerOf(client, true)
  for (let i = 0; i < 2; i++) expect(await runScript(['k1', 'k2'], ['a'])).toEqual(['OK'])
  expect(calls).toEqual([
    [sha, 2, 'k1', 'k2', 'a'],
    [scriptText, 2, 'k1', 'k2', 'a'],
    [sha, 2, 'k1', 'k2', 'a'],
  ])
  expect(listen).toBeUndefined()
})

test('runnerOf() calls node-redis the same way, with its own arguments', async () => {
  const calls: unknown[][] = []
  const client = {
    evalSha: (...args: unknown[]) => {
      calls.push(args)
      return missing()
    },
    eval: (...args: unknown[]) => {
      calls.push(args)
      return Promise.resolve(['OK'])
    },
  }
  await runnerOf(client, true).runScript(['k1'], ['a'])
  const options = { keys: ['k1'], arguments: ['a'] }
  expect(calls).toEqual([
    [sha, options],
    [scriptText, options],
  ])
})

test('runnerOf() passes on what else goes wrong, also a reply that is none of the script', async () => {
  const failing = { evalsha: () => Promise.reject(new Error('READONLY')), eval: () => Promise.resolve([]) }
  await expect(runnerOf(failing, true).runScript([], [])).rejects.toThrow('READONLY')
  const strange = { evalsha: () => Promise.resolve('QUEUED'), eval: () => Promise.resolve([]) }
  await expect(runnerOf(strange, true).runScript([], [])).rejects.toThrow(TypeError)
})

test('runnerOf() takes a runner of any class, and listens by it only if it is to', async () => {
  class Own {
    #reply = ['OK']
    runScript() {
      return Promise.resolve(this.#reply)
    }
    listen() {
      return Promise.resolve(this.#reply).then(() => {})
    }
  }
  const runner = runnerOf(new Own(), true)
  expect(await runner.runScript([], [])).toEqual(['OK'])
  await runner.listen?.('channel', new AbortController().signal)
  expect(runnerOf(new Own(), false).listen).toBeUndefined()
})

test('runnerOf() refuses what is no client', () => {
  for (const wrong of [null, undefined, 'redis://localhost', {}, { eval() {} }, { get: () => 1 }]) {
    expect(() => runnerOf(wrong as unknown as RedisClient, true)).toThrow(TypeError)
  }
})

test('keysOf() keeps the keys of a budget under one hash tag, and refuses names that would break it', () => {
  expect(keysOf('my budget')).toEqual({
    keys: ['sluice:{my budget}', 'sluice:{my budget}:members', 'sluice:{my budget}:seen'],
    channel: 'sluice:{my budget}:alive:',
  })
  for (const wrong of ['', 'a{b', 'a}b', 'a\nb', 'a'.repeat(257)]) expect(() => keysOf(wrong)).toThrow(RangeError)
  for (const wrong of [1, null, undefined]) expect(() => keysOf(wrong as unknown as string)).toThrow(TypeError)
})

/** A port of this machine that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('SharedThrottle.ready() says why Redis can not be reached, where ioredis says only that it gives up', async () => {
  const redis = new Redis(await closedPort(), '127.0.0.1', { maxRetriesPerRequest: 1 })
  redis.on('error', () => {})
  const throttle = new SharedThrottle(redis, 'uplink', { limit: '1MiB/s' })
  try {
    const error = await throttle.ready().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_SLUICE_OUTAGE', cause: { code: 'ECONNREFUSED' } })
    expect(error).toMatchObject({ message: expect.stringMatching(/max retries .*\(connect ECONNREFUSED 127/) })
  } finally {
    await throttle.close()
    redis.disconnect()
  }
})
