import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clientOptions, ftpPeer } from '../../../../test/fixtures/scripted-ftp.ts'
import { readTree } from '../../../../test/fixtures/tree.ts'
import type { FtpCall } from '../../../testing/index.ts'
import { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import { Throttle } from '../../../throttle/throttle.ts'
import { Server, type ServerOptions } from '../../server/index.ts'
import type { Client } from '../client.ts'
import { ClientPool, type ClientPoolOptions } from './client-pool.ts'

let root: string
let local: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-served-'))
  local = mkdtempSync(join(tmpdir(), 'sluice-local-'))
})
afterEach(() => {
  for (const folder of [root, local]) rmSync(folder, { recursive: true, force: true })
})

/** A server of `root`, and a pool for it. At the end neither may have anything open. */
async function withPool(
  { server: serverOptions = {}, ...poolOptions }: ClientPoolOptions & { readonly server?: ServerOptions },
  body: (pool: ClientPool, server: Server) => Promise<void>,
): Promise<void> {
  await using server = new Server({ root, ...serverOptions })
  const { host, port } = await server.listen()
  const pool = new ClientPool(host, { port, ...poolOptions })
  try {
    await body(pool, server)
  } finally {
    await pool.close()
  }
  expect(pool.stats).toMatchObject({ open: 0, busy: 0, connecting: 0, waiting: 0 })
  await expect.poll(() => server.connections).toEqual([])
}

function writeFiles(count: number, size = 1000): Record<string, string> {
  mkdirSync(join(root, 'tree'))
  const files = Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, String(i).padEnd(size, '.')]))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, 'tree', name), content)
  return files
}

/** Promises with their settling at hand. */
function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

describe('new ClientPool()', () => {
  const wrong: [ClientPoolOptions, RegExp][] = [
    [{ connections: 0 }, /'connections' must be an integer >= 1, is 0/],
    [{ connections: 1.5 }, /is 1.5/],
    [{ connections: '4' as unknown as number }, /is 4/],
    [{ port: 0 }, /'port'/],
  ]
  for (const [options, text] of wrong) {
    test(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => new ClientPool('127.0.0.1', options)).toThrow(text)
    })
  }
})

describe('ClientPool.use()', () => {
  test('lends each connection to one body at a time, and opens no more than it may', async () => {
    await withPool({ connections: 2 }, async (pool, server) => {
      expect(pool.stats.open).toBe(0)
      const inUse = new Set<Client>()
      const calls = Array.from({ length: 10 }, () =>
        pool.use(async (client) => {
          inUse.add(client)
          expect(inUse.size).toBeLessThanOrEqual(2)
          expect(await client.currentDirectory()).toBe('/')
          inUse.delete(client)
        }),
      )
      await Promise.all(calls)
      expect(server.connections).toHaveLength(2)
      expect(pool.stats).toMatchObject({ open: 2, busy: 0, limit: 2 })
    })
  })

  test('takes back what a body changes', async () => {
    mkdirSync(join(root, 'below'))
    writeFiles(1, 500_000)
    await withPool({ connections: 1 }, async (pool, server) => {
      await pool.use((client) => client.changeDirectory('below'))
      await pool.use(async (client) => expect(await client.currentDirectory()).toBe('/'))
      const [before] = server.connections
      await pool.use((client) => client.downloadStream('tree/f0'))
      await pool.use(async (client) => expect(await client.exists('tree/f0')).toBe(true))
      expect(server.connections[0]).toBe(before)
      await pool.use((client) => client.command('TYPE A'))
      await pool.use(async (client) => expect(await client.exists('tree/f0')).toBe(true))
      expect(server.connections[0]).not.toBe(before)
    })
  })

  test('lets no call of a body that has ended run when others have the connection', async () => {
    writeFiles(1, 500_000)
    await withPool({ connections: 1 }, async (pool) => {
      let late: Promise<unknown> = Promise.resolve()
      await pool.use(async (client) => {
        await client.downloadStream('tree/f0')
        late = client.removeFile('tree/f0').catch((error: unknown) => error)
      })
      expect(await late).toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
      await pool.use(async (client) => expect(await client.exists('tree/f0')).toBe(true))
    })
  })

  test('refuses what would wait for ever: a call in bodies that have all connections', async () => {
    await withPool({ connections: 2 }, async (pool) => {
      const busy = { code: 'ERR_SLUICE_BUSY' }
      await pool.use(async () => {
        expect(await pool.use((client) => client.currentDirectory())).toBe('/')
        await pool.use(async (client) => {
          await expect(pool.use(() => {})).rejects.toMatchObject(busy)
          await expect(pool.downloadBytes('f')).rejects.toThrow(
            'the 2 bodies that it is called in have all connections',
          )
          expect(await client.currentDirectory()).toBe('/')
        })
        await pool.use(() => {})
      })
    })
    await withPool({ connections: 1 }, async (pool) => {
      await pool.use(async () => {
        await expect(pool.mirror('/', local, { direction: 'download' })).rejects.toThrow('has its only connection')
      })
      // What a body has begun may call when that has ended.
      const { promise, resolve } = deferred()
      let late: Promise<string> = Promise.resolve('')
      await pool.use(() => {
        late = promise.then(() => pool.use((client) => client.currentDirectory()))
      })
      resolve()
      expect(await late).toBe('/')
    })
  })

  test('gives the connection back if a body throws, and replaces one that a body closes', async () => {
    await withPool({ connections: 1 }, async (pool) => {
      await expect(pool.use(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
      await pool.use((client) => client.close())
      await pool.use((client) => client.quit())
      expect(await pool.use((client) => client.exists('/'))).toBe(true)
    })
  })

  test('stops waiting by its signal', async () => {
    await withPool({ connections: 1 }, async (pool) => {
      const { promise, resolve } = deferred()
      const long = pool.use(() => promise)
      const abort = new AbortController()
      const waiting = pool.use(() => 'never', { signal: abort.signal })
      abort.abort(new Error('enough'))
      await expect(waiting).rejects.toThrow('enough')
      resolve()
      await long
    })
  })

  test('rejects with the reason if no connection can be had', async () => {
    const server = new Server()
    const { host, port } = await server.listen()
    await server.close()
    await using pool = new ClientPool(host, { port })
    await expect(pool.use(() => {})).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(pool.download('/', local)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('ClientPool.download()', () => {
  test('brings a tree over several connections, and a file', async () => {
    const files = writeFiles(100)
    await withPool({ connections: 3 }, async (pool, server) => {
      const summary = await pool.download('/tree', join(local, 'copy'))
      expect(summary).toMatchObject({ files: 100, directories: 1, bytes: 100_000, failed: [] })
      expect(readTree(join(local, 'copy'))).toEqual(files)
      expect(server.connections).toHaveLength(3)
      expect(await pool.download('tree/f7', join(local, 'f7'))).toMatchObject({ files: 1, bytes: 1000 })
      expect(readFileSync(join(local, 'f7'), 'utf8')).toBe(files.f7)
      await expect(pool.download('/nothing', join(local, 'x'))).rejects.toMatchObject({ replyCode: 550 })
    })
  })

  test('goes on with fewer connections if the server refuses more', async () => {
    const files = writeFiles(60)
    await withPool({ connections: 4, server: { maxConnections: 2 } }, async (pool, server) => {
      expect(await pool.download('/tree', join(local, 'copy'))).toMatchObject({ files: 60, failed: [] })
      expect(readTree(join(local, 'copy'))).toEqual(files)
      expect(server.connections).toHaveLength(2)
      expect(pool.stats).toMatchObject({ open: 2, limit: 2 })
      expect(pool.stats.refused).toBeGreaterThan(0)
    })
  })

  test('hands the work of a connection that is ended by 421 to the others, without an attempt', async () => {
    const files = writeFiles(60, 20_000)
    await withPool({ connections: 3 }, async (pool, server) => {
      let told = 0
      const onProgress = () => {
        if (++told === 20 || told === 40) server.connections[0]?.close()
      }
      await pool.download('/tree', join(local, 'copy'), { onProgress, progressInterval: 0, retry: 0 })
      expect(readTree(join(local, 'copy'))).toEqual(files)
      expect(pool.stats).toMatchObject({ limit: 1, refused: 2 })
    })
  })

  test('passes the throttles of the pool, also those that come in the middle', async () => {
    const files = writeFiles(4, 300_000)
    const read = new Throttle()
    read.pause()
    await withPool({ connections: 4, throttles: { all: new StreamThrottle(read, new Throttle()) } }, async (pool) => {
      const late = new Throttle()
      late.pause()
      let bytes = 0
      let isLate = false
      const onProgress = (progress: { readonly totalBytes: number }) => {
        bytes = progress.totalBytes
        if (bytes < 300_000 || isLate) return
        isLate = true
        pool.throttles.late = new StreamThrottle(late, late)
      }
      await pool.use((client) => expect(Object.keys(client.throttles)).toEqual(['all']))
      read.resume()
      const download = pool.download('/tree', join(local, 'copy'), { onProgress, progressInterval: 0 })
      await expect.poll(() => isLate).toBe(true)
      await new Promise((resolve) => setTimeout(resolve, 50))
      // All files are on their way, and none comes to its end.
      expect(bytes).toBeLessThan(1_200_000)
      delete pool.throttles.late
      await download
      expect(readTree(join(local, 'copy'))).toEqual(files)
      expect(read.stats.bytes).toBeGreaterThanOrEqual(1_200_000)
    })
  })
})

describe('ClientPool whose password is wrong', () => {
  const jobs: { title: string; run: (pool: ClientPool) => Promise<unknown> }[] = [
    {
      title: 'sixteen files',
      run: (pool) => Promise.all(Array.from({ length: 16 }, (_, i) => pool.downloadBytes(`f${i}`, { retry: 3 }))),
    },
    {
      title: 'a tree',
      run: (pool) => pool.upload(local, '/tree', { retry: 3, onError: 'continue' }),
    },
    {
      title: 'a mirror',
      run: (pool) => pool.mirror(local, '/tree', { direction: 'upload', retry: 3, onError: 'continue' }),
    },
  ]
  for (const { title, run } of jobs) {
    test(`fails at once and sends it once: ${title}`, async () => {
      for (let i = 0; i < 20; i++) writeFileSync(join(local, `f${i}`), 'content')
      let logins = 0
      const PASS = async ({ session }: FtpCall) => {
        logins++
        // Later than all that connect at the same time are ready, as servers do it.
        await new Promise((resolve) => setTimeout(resolve, 300))
        await session.send('530 Login incorrect.\r\n')
      }
      await using peer = await ftpPeer({ PASS })
      await using pool = new ClientPool(peer.host, clientOptions(peer, { connections: 16 } as ClientPoolOptions))
      await expect(run(pool)).rejects.toMatchObject({ replyCode: 530, command: 'PASS ****' })
      expect(pool.stats).toMatchObject({ connecting: 0, waiting: 0 })
      expect(logins).toBe(1)
      // A later call is no repetition.
      await expect(pool.downloadBytes('f')).rejects.toMatchObject({ replyCode: 530 })
      expect(logins).toBe(2)
    })
  }
})

test('ClientPool opens no more connections than there is work waiting', async () => {
  writeFiles(2)
  await withPool({ connections: 8 }, async (pool, server) => {
    await Promise.all(['f0', 'f1'].map((name) => pool.download(`/tree/${name}`, join(local, name))))
    expect(server.connections).toHaveLength(2)
  })
  await withPool({ connections: 8 }, async (pool, server) => {
    await pool.mirror('/tree', join(local, 'copy'), { direction: 'download' })
    // Two for the files, and one that may still be listing then.
    expect(server.connections.length).toBeLessThanOrEqual(3)
  })
})

describe('ClientPool.upload()', () => {
  test('takes a tree over several connections, and a file', async () => {
    const files = writeFiles(50)
    await withPool({ connections: 3 }, async (pool, server) => {
      expect(await pool.upload(join(root, 'tree'), '/deep/er/copy')).toMatchObject({ files: 50, bytes: 50_000 })
      expect(readTree(join(root, 'deep/er/copy'))).toEqual(files)
      expect(server.connections).toHaveLength(3)
      expect(await pool.upload(join(root, 'tree/f7'), '/f7')).toMatchObject({ files: 1, bytes: 1000 })
      expect(readFileSync(join(root, 'f7'), 'utf8')).toBe(files.f7)
      await expect(pool.upload(join(local, 'nothing'), '/x')).rejects.toMatchObject({ code: 'ENOENT' })
    })
  })
})

describe('ClientPool.close()', () => {
  test('lets end what was called before, and refuses what is called later', async () => {
    const files = writeFiles(30)
    await withPool({ connections: 2 }, async (pool) => {
      const { promise, resolve } = deferred()
      const long = pool.use(async (client) => {
        await promise
        return await client.currentDirectory()
      })
      const download = pool.download('/tree', join(local, 'copy'))
      const closing = pool.close()
      expect(pool.isClosed).toBe(true)
      await expect(pool.use(() => {})).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
      await expect(pool.upload(local, '/x')).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
      await download
      resolve()
      expect(await long).toBe('/')
      await closing
      expect(readTree(join(local, 'copy'))).toEqual(files)
    })
  })

  test('ends everything at once without draining, and waits for no body', async () => {
    writeFiles(30, 100_000)
    // Slow enough to be seen while it runs.
    const slow = StreamThrottle.fromLimits({ readSpeedLimit: '300kB/s' })
    await withPool({ connections: 2, throttles: { slow } }, async (pool) => {
      const { promise, resolve } = deferred()
      const long = pool.use(async (client) => {
        await promise
        return await client.currentDirectory()
      })
      const late = expect(long).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
      const download = expect(pool.download('/tree', join(local, 'copy'))).rejects.toMatchObject({
        code: 'ERR_SLUICE_CLOSED',
      })
      await expect.poll(() => pool.stats.busy).toBe(2)
      await pool.close({ drain: false })
      await download
      resolve()
      await late
    })
  })

  test('ends the draining by its signal', async () => {
    await withPool({}, async (pool) => {
      const { promise, resolve } = deferred()
      const long = pool.use(() => promise)
      await expect.poll(() => pool.stats.busy).toBe(1)
      const abort = new AbortController()
      const closing = pool.close({ signal: abort.signal })
      abort.abort(new Error('enough'))
      await expect(closing).rejects.toThrow('enough')
      resolve()
      await long
    })
  })
})

test('ClientPool has nothing left over after many calls that go wrong', async () => {
  writeFiles(5, 100_000)
  await withPool({ connections: 2 }, async (pool, server) => {
    const rounds: (() => Promise<unknown>)[] = [
      () => pool.download('/nothing', join(local, 'x')),
      () => pool.use(() => Promise.reject(new Error('mine'))),
      () =>
        pool.use(async (client) => (await client.downloadStream('/tree/f1')).read(1)).then(() => pool.use(() => {})),
      () => pool.use((client) => client.close()),
      () => pool.use(() => server.connections[0]?.close()),
      () => pool.download('/tree', join(local, 'tree'), { signal: AbortSignal.abort(new Error('before')) }),
      () => {
        const abort = new AbortController()
        const onProgress = () => abort.abort(new Error('enough'))
        return pool.download('/tree', join(local, 'tree'), { onProgress, progressInterval: 0, signal: abort.signal })
      },
      () => pool.upload(join(local, 'nothing'), '/y'),
      () => pool.mirror('/nothing', local, { direction: 'download' }),
    ]
    for (let i = 0; i < 15; i++) await Promise.allSettled(rounds.map((round) => round()))
    expect(pool.stats).toMatchObject({ busy: 0, waiting: 0, connecting: 0 })
    expect(await pool.use((client) => client.exists('/tree'))).toBe(true)
    expect(server.connections.length).toBeLessThanOrEqual(2)
  })
})
