import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createClient } from '@redis/client'
import { Budget, type RedisClient } from 'sluice/redis'
import { expect, test } from 'vitest'
import { serve } from './cli-ftp-server.ts'
import {
  cleanEnv,
  type Ended,
  jsonOf,
  type Running,
  sha256,
  sluice,
  startSluice,
  temporaryFolder,
} from './cli-sluice.ts'
import { describeRedis, freePort, RedisServer, until } from './fixtures/redis-server.ts'

const isWindows = process.platform === 'win32'
const LIMIT = 400_000
/** For tests that measure time, or count outages: the machine may be busy with others. */
const TIMED = { timeout: 60_000, retry: 2 }

/** What the line of JSON says of the share. */
interface ShareFigures {
  readonly budget: string
  readonly member: string
  readonly members: number
  readonly bytes: number
  readonly outages: number
  readonly outageMs: number
  readonly limitBytesPerSecond: number
}
const shareOf = (ended: Ended) => jsonOf(ended).share as ShareFigures

/** Runs `act` with a client of the server's. */
async function withClient<T>(server: RedisServer, act: (client: RedisClient) => Promise<T>) {
  const client = createClient({ url: server.url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await act(client)
  } finally {
    client.destroy()
  }
}

const stateOf = (server: RedisServer, name = 'uplink') =>
  withClient(server, (client) => new Budget(client, name).state())

/** Settles when stderr has said it. */
async function said({ child, ended }: Running, what: RegExp): Promise<void> {
  let text = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk
      if (what.test(text)) resolve()
    })
    ended.then(({ stderr }) => reject(new Error(`It ended, and said: ${stderr}`)), reject)
  })
}

const wrongUsage = [
  {
    args: ['--share', 'host/uplink'],
    says: '--share: Cannot use "host/uplink" as a budget: it must begin with redis://',
  },
  {
    args: ['--share', 'redis://:secret@host:x/up'],
    says: '--share: Cannot use "redis://:****@host:****" as a budget: the port',
  },
  { args: ['--share', 'redis://:secret@host/'], says: 'its name is missing, as in redis://:****@host/NAME' },
  { args: ['--share', 'redis://host/a%7Bb'], says: 'the name of a budget must be of 1 to 256 characters' },
  { args: ['--share', 'redis://host/a', '--share-limit', '0'], says: '--share-limit: Cannot read "0" as a rate' },
  { args: ['--share', 'redis://host/a', '--share-weight', '0'], says: '--share-weight: Cannot use "0" as a weight' },
  { args: ['--share', 'redis://host/a', '--share-member', 'a{b'], says: '--share-member: Cannot use "a{b" as a name' },
  { args: ['--share', 'redis://host/a', '--on-outage', 'often'], says: '--on-outage: Cannot use "often"' },
  { args: ['--share-limit', '1MB/s'], says: 'Cannot use --share-limit without --share' },
  { args: ['--share-weight', '2'], says: 'Cannot use --share-weight without --share' },
  { args: ['--share-member', 'a'], says: 'Cannot use --share-member without --share' },
  { args: ['--on-outage', 'closed'], says: 'Cannot use --on-outage without --share' },
  { args: ['--redis-password-file', 'f'], says: 'Cannot use --redis-password-file without --share' },
]
for (const { args, says } of wrongUsage) {
  test(`sluice pipe ${args.join(' ')} is wrong usage`, async () => {
    using folder = temporaryFolder()
    const { child, ended } = startSluice(['pipe', '-o', folder.path('out'), ...args], {
      env: cleanEnv({ SLUICE_DEBUG: '1' }),
    })
    child.stdin?.end('bytes')
    const { code, stderr } = await ended
    expect(code).toBe(2)
    expect(stderr.split('\n')[0]).toContain(says)
    expect(stderr).not.toContain('secret')
    expect(existsSync(folder.path('out'))).toBe(false)
  })
}

test.skipIf(isWindows)('sluice pipe --share ends at SIGINT while it waits for Redis, and writes nothing', async () => {
  using folder = temporaryFolder()
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const { child, ended } = startSluice([
    'pipe',
    '-o',
    folder.path('out'),
    '--share',
    `redis://127.0.0.1:${port}/uplink`,
  ])
  const [socket] = (await once(silent, 'connection')) as [Socket]
  child.kill('SIGINT')
  const { code, stderr } = await ended
  expect(code).toBe(130)
  expect(stderr).toMatch(/^sluice: Interrupted by SIGINT after 0 B in [^\n]*\n$/)
  expect(existsSync(folder.path('out'))).toBe(false)
  socket.destroy()
  silent.close()
})

describeRedis('sluice --share', () => {
  test('holds two processes to one limit, and each has its part', TIMED, async () => {
    await using server = await RedisServer.start()
    using folder = temporaryFolder()
    const bytes = randomBytes(2 * LIMIT)
    writeFileSync(folder.path('in'), bytes)
    const share = ['--share', `${server.url}/uplink`, '--share-limit', String(LIMIT), '--json']
    const pipe = (name: string, ...more: string[]) =>
      startSluice(['pipe', folder.path('in'), '-o', folder.path(name), ...share, '--share-member', name, ...more])
    const began = performance.now()
    const running = [pipe('a'), pipe('b', '--share-weight', '3')]
    await until('both members', async () => (await stateOf(server))?.members.length === 2)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const state = await stateOf(server)
    expect(state?.limit).toBe(LIMIT)
    expect(state?.members.map(({ name, weight, state }) => [name, weight, state])).toEqual([
      ['a', 1, 'heavy'],
      ['b', 3, 'heavy'],
    ])
    const [a, b] = state?.members ?? []
    const ratio = (b?.rate ?? 0) / (a?.rate ?? 1)
    expect(ratio).toBeGreaterThan(2)
    expect(ratio).toBeLessThan(4.5)
    const ends = await Promise.all(running.map(({ ended }) => ended))
    const took = performance.now() - began
    for (const [i, end] of ends.entries()) {
      expect({ code: end.code, hash: sha256(readFileSync(folder.path(i === 0 ? 'a' : 'b'))) }).toEqual({
        ...{ code: 0, hash: sha256(bytes) },
      })
      expect(shareOf(end)).toMatchObject({
        budget: 'uplink',
        bytes: bytes.length,
        limitBytesPerSecond: LIMIT,
        outages: 0,
      })
    }
    // 4 s, less what the bound of a budget allows. How much longer it takes is up to the machine.
    expect(took).toBeGreaterThan(3500)
    // Whoever ends leaves.
    expect((await stateOf(server))?.members).toEqual([])
  })

  test('sluice pipe says that --share-limit does not count where Redis knows of another limit', async () => {
    await using server = await RedisServer.start()
    await withClient(server, (client) => new Budget(client, 'uplink').setLimit('4MiB/s'))
    const share = ['pipe', '--share', `${server.url}/uplink`, '--share-limit']
    const other = await sluice([...share, '9MiB/s'], Buffer.from('text'))
    expect([other.code, other.stdout.toString()]).toEqual([0, 'text'])
    expect(other.stderr).toContain(
      "sluice: the budget uplink has 4 MiB/s already, so --share-limit does not count; 'sluice budget set' changes it",
    )
    expect((await sluice([...share, '4MiB/s'], Buffer.from('text'))).stderr).not.toContain('does not count')
  })

  test('takes the limit that Redis knows, and holds --limit beside it', { timeout: 60_000 }, async () => {
    await using server = await RedisServer.start()
    await withClient(server, (client) => new Budget(client, 'uplink').setLimit(LIMIT))
    const input = randomBytes(LIMIT / 2)
    const shared = await sluice(['pipe', '--share', `${server.url}/uplink`, '--share-limit', '1GB/s', '--json'], input)
    expect(shared.stdout.equals(input)).toBe(true)
    expect(shareOf(shared)).toMatchObject({ members: 1, bytes: input.length, limitBytesPerSecond: LIMIT })
    expect(jsonOf(shared).elapsedMs).toBeGreaterThan(250)
    const own = ['-l', String(LIMIT / 4), '--min-interval', '20ms']
    const both = await sluice(
      ['pipe', '--share', `${server.url}/uplink`, ...own, '--json'],
      input.subarray(0, LIMIT / 4),
    )
    expect(both.code).toBe(0)
    expect(jsonOf(both).elapsedMs).toBeGreaterThan(800)
  })

  const failures = [
    {
      title: 'a budget that is not there',
      path: '/uplink',
      says: "there is no such budget yet; give its limit with --share-limit, or make it with 'sluice budget set'",
    },
    {
      title: 'a wrong password',
      path: '/uplink',
      login: ':secret@',
      says: 'it refused the password (WRONGPASS); check the user and the password',
    },
    { title: 'a database that is not there', path: '/uplink?db=99', says: 'there is no such database; check ?db=' },
    {
      title: 'something else under the key',
      path: '/foreign',
      says: "there is something else under the key 'sluice:{foreign}'; share another budget, or clear that key",
    },
    {
      title: 'a password file that is not there',
      path: '/uplink',
      more: ['--redis-password-file', '/none/there'],
      says: 'Cannot read "/none/there": there is no such file (ENOENT); check the path',
    },
  ]
  test('fails with one clear line, and writes nothing', { timeout: 60_000 }, async () => {
    await using server = await RedisServer.start('--requirepass', 'right')
    using folder = temporaryFolder()
    const client = createClient({ url: server.url.replace('//', '//:right@') })
    await client.connect()
    await client.set('sluice:{foreign}', 'mine')
    for (const { path, login = '', more = [], says } of failures) {
      const url = `${server.url.replace('//', `//${login}`)}${path}`
      for (const debug of ['', '1']) {
        const env = cleanEnv({ SLUICE_REDIS_PASSWORD: 'right', ...(debug && { SLUICE_DEBUG: debug }) })
        const { child, ended } = startSluice(['pipe', '-o', folder.path('out'), '--share', url, ...more], { env })
        child.stdin?.end('bytes')
        const { code, stderr } = await ended
        expect(code).toBe(1)
        expect(stderr).toContain(says)
        if (debug === '') expect(stderr).toMatch(/^sluice: Cannot [^\n]*\n$/)
        expect(stderr).not.toContain('secret')
        expect(stderr).not.toContain('right')
        expect(existsSync(folder.path('out'))).toBe(false)
      }
    }
    expect(await client.get('sluice:{foreign}')).toBe('mine')
    expect(await client.keys('*')).toEqual(['sluice:{foreign}'])
    client.destroy()
  })

  test('fails if nothing listens there, in each command', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder()
    await using ftp = await serve()
    writeFileSync(ftp.there('file'), 'x')
    writeFileSync(folder.path('file'), 'x')
    const url = `redis://ann:secret@127.0.0.1:${await freePort()}/uplink`
    const there = ftp.url
    const commands = [
      ['pipe', folder.path('file'), '-o', folder.path('out')],
      ['get', `${there}/file`, '-o', `${folder.path('out')}/`],
      ['put', folder.path('file'), `${there}/out`],
      ['mirror', `${there}/`, folder.path('out')],
      ['serve', folder.path('.'), '--port', '0'],
    ]
    for (const command of commands) {
      const { code, stderr } = await sluice([...command, '--share', url])
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `sluice: Cannot use ${url.replace('secret', '****')}: nothing listens there (ECONNREFUSED); check the host and the port\n`,
      })
      expect([existsSync(folder.path('out')), existsSync(ftp.there('out'))]).toEqual([false, false])
    }
    const json = await sluice([...(commands[1] ?? []), '--share', url, '--json'])
    expect(jsonOf(json)).toMatchObject({ outcome: 'failed', exitCode: 1, error: { code: 'ECONNREFUSED' } })
  })

  test('tells an outage once, goes on through it, and tells its end', TIMED, async () => {
    await using server = await RedisServer.start()
    using folder = temporaryFolder()
    const bytes = randomBytes(5 * LIMIT)
    writeFileSync(folder.path('in'), bytes)
    const args = ['pipe', folder.path('in'), '-o', folder.path('out'), '--share', `${server.url}/uplink`]
    const more = ['--share-limit', String(LIMIT), '--progress']
    const running = startSluice([...args, ...more])
    await said(running, /uplink: one of 1, 391 KiB\/s/)
    await server.kill()
    await said(running, /the budget uplink is out of reach/)
    await said(running, /Redis out of reach/)
    await server.start()
    await said(running, /is back after/)
    const { code, stderr } = await running.ended
    expect(code).toBe(0)
    expect(sha256(readFileSync(folder.path('out')))).toBe(sha256(bytes))
    const told = stderr.split('\n').filter((line) => line.startsWith('sluice: '))
    expect(told).toHaveLength(3)
    expect(told[0]).toMatch(/^sluice: the budget uplink is out of reach: .*; going on at \d+ KiB\/s until it is back$/)
    expect(told[1]).toMatch(/^sluice: the budget uplink is back after [\d.]+ m?s$/)
    expect(told[2]).toMatch(/, one of 1 in uplink \(400 kB\/s\), 1 outage of Redis$/)
    // It came back to an empty Redis, and has told it what the limit is.
    expect(await stateOf(server)).toMatchObject({ limit: LIMIT, members: [] })
  })

  test('--on-outage begins without Redis, and joins once it is there', TIMED, async () => {
    await using server = await RedisServer.start()
    await server.kill()
    const share = ['--share', `${server.url}/uplink`, '--on-outage', 'closed']
    const unknown = await sluice(['pipe', ...share], Buffer.from('bytes'))
    expect({ code: unknown.code, stdout: unknown.stdout.length }).toEqual({ code: 1, stdout: 0 })
    expect(unknown.stderr).toContain('and the limit is not known; give it with --share-limit')
    const running = startSluice(['pipe', ...share, '--share-limit', String(LIMIT), '--json', '--progress'])
    const bytes = randomBytes(LIMIT / 2)
    running.child.stdin?.end(bytes)
    await said(running, /Redis out of reach/)
    await server.start()
    const ended = await running.ended
    expect(ended.code).toBe(0)
    expect(ended.stdout.equals(bytes)).toBe(true)
    expect(shareOf(ended)).toMatchObject({ outages: 1, bytes: bytes.length, limitBytesPerSecond: LIMIT })
    expect(shareOf(ended).outageMs).toBeGreaterThan(0)
  })

  for (const isGone of [false, true]) {
    test.skipIf(isWindows)(
      `ends at SIGTERM${isGone ? ', without waiting for a Redis that is gone' : ', and leaves'}`,
      TIMED,
      async () => {
        await using server = await RedisServer.start()
        const args = ['--share', `${server.url}/uplink`, '--share-limit', '1000', '--progress']
        const running = startSluice(['pipe', '-o', '/dev/null', ...args])
        running.child.stdin?.write(randomBytes(100_000))
        await said(running, /uplink: one of 1/)
        expect((await stateOf(server))?.members).toHaveLength(1)
        if (isGone) {
          server.signal('SIGSTOP')
          await said(running, /out of reach/)
        }
        running.child.kill('SIGTERM')
        const signalled = performance.now()
        const { code, stderr } = await running.ended
        server.signal('SIGCONT')
        expect(code).toBe(143)
        expect(stderr).toContain('Interrupted by SIGTERM after')
        expect(performance.now() - signalled).toBeLessThan(5000)
        if (!isGone) expect((await stateOf(server))?.members).toEqual([])
      },
    )
  }

  test('limits get, put and mirror', TIMED, async () => {
    await using server = await RedisServer.start()
    await using ftp = await serve()
    const bytes = randomBytes(LIMIT / 2)
    writeFileSync(ftp.there('file'), bytes)
    mkdirSync(ftp.there('tree'))
    for (const name of ['a', 'b']) writeFileSync(ftp.there(`tree/${name}`), bytes.subarray(0, LIMIT / 4))
    writeFileSync(ftp.here('file'), bytes)
    const commands = [
      ['get', `${ftp.url}/file`, '-o', ftp.here('copy')],
      ['put', ftp.here('file'), `${ftp.url}/copy`],
      ['mirror', `${ftp.url}/tree/`, ftp.here('tree'), '-p', '2'],
    ]
    for (const command of commands) {
      const share = ['--share', `${server.url}/uplink`, '--share-limit', String(LIMIT)]
      const ended = await sluice([...command, ...share, '--json'])
      expect({ code: ended.code, stderr: ended.stderr.split('\n').length }).toEqual({ code: 0, stderr: 2 })
      expect(shareOf(ended)).toMatchObject({ budget: 'uplink', members: 1, limitBytesPerSecond: LIMIT, outages: 0 })
      // Listings count, too.
      expect(shareOf(ended).bytes).toBeGreaterThanOrEqual(bytes.length)
      expect(jsonOf(ended).elapsedMs).toBeGreaterThan(250)
      expect(jsonOf(ended).waitedMs).toBeGreaterThan(0)
    }
    expect(sha256(readFileSync(ftp.here('copy')))).toBe(sha256(bytes))
    expect(sha256(readFileSync(ftp.there('copy')))).toBe(sha256(bytes))
    expect((await stateOf(server))?.members).toEqual([])
  })
})
