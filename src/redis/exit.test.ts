import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { describeRedis, RedisServer } from '../../test/fixtures/redis-server.ts'

/** Runs a program in a process of its own until it ends by itself; returns what it wrote. */
async function run(program: string): Promise<string> {
  const args = ['--import', 'tsx', '--input-type=module', '-e', program]
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('./', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 18_000,
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  expect(await once(child, 'close')).toEqual([0, null])
  return text
}

const clients = {
  ioredis: `
    import { Redis } from 'ioredis'
    const client = new Redis(URL)
    const quit = () => client.quit()`,
  'node-redis': `
    import { createClient } from '@redis/client'
    const client = createClient({ url: URL })
    await client.connect()
    const quit = () => client.close()`,
}
const endings = {
  'close() and its client': 'await throttle.close(); await quit()',
  'its client alone': 'await quit()',
}

describeRedis('a process that shares a budget', () => {
  for (const [client, connect] of Object.entries(clients)) {
    for (const [title, end] of Object.entries(endings)) {
      test(`ends by itself after ${title}, with ${client}`, { timeout: 30_000 }, async () => {
        await using server = await RedisServer.start()
        const throttle = `
          import { SharedThrottle } from './index.ts'
          const throttle = new SharedThrottle(client, 'test', { limit: 1e6 })
          throttle.on('outage', () => {})
          for (let sum = 0; sum < 100_000; ) sum += await throttle.acquire(1000)
          process.stdout.write('done')`
        const program = `${connect.replace('URL', JSON.stringify(server.url))}\n${throttle}\n${end}`
        expect(await run(program)).toBe('done')
      })
    }
  }
})
