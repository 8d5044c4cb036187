import { describe, expect, test } from 'vitest'
import { clientOptions, ftpPeer } from '../../../../test/fixtures/scripted-ftp.ts'
import { type FtpCall, VirtualClock } from '../../../testing/index.ts'
import { MemoryFileSystem, Server } from '../../server/index.ts'
import { ClientPool } from './client-pool.ts'

/** A server with a file, and a pool of two connections to it. */
async function withPool(body: (pool: ClientPool) => Promise<void>): Promise<void> {
  await using server = new Server({ fileSystem: new MemoryFileSystem({ files: { '/f': 'content' } }) })
  const { host, port } = await server.listen()
  await using pool = new ClientPool(host, { port, connections: 2 })
  await body(pool)
}

describe('ClientPool.close()', () => {
  test('lets a body that runs call the pool until it ends, and nobody else', async () => {
    await withPool(async (pool) => {
      let resolve = () => {}
      const promise = new Promise<void>((done) => {
        resolve = done
      })
      const long = pool.use(async () => {
        await promise
        const bytes = await pool.downloadBytes('f')
        return [String(bytes), await pool.use((client) => client.currentDirectory())]
      })
      const closing = pool.close()
      await expect(pool.downloadBytes('f')).rejects.toThrow('Cannot use the pool: the pool is closed')
      resolve()
      expect(await long).toEqual(['content', '/'])
      await closing
    })
  })

  test('is refused in a body, which it would wait for, but for one that waits for nobody', async () => {
    await withPool(async (pool) => {
      await pool.use(async (client) => {
        await expect(pool.close()).rejects.toMatchObject({ code: 'ERR_SLUICE_BUSY' })
        expect(pool.isClosed).toBe(false)
        expect(await client.currentDirectory()).toBe('/')
        await pool.close({ drain: false })
        await pool.close()
        await expect(pool.use(() => {})).rejects.toThrow('Cannot use the pool: the pool is closed')
      })
    })
  })

  const ends: { title: string; end: (pool: ClientPool) => Promise<void>; reason?: string }[] = [
    { title: 'close({ drain: false })', end: (pool) => pool.close({ drain: false }) },
    {
      title: 'the signal of close()',
      end: (pool) => pool.close({ signal: AbortSignal.abort(new Error('enough')) }),
      reason: 'enough',
    },
  ]
  for (const { title, end, reason } of ends) {
    test(`says goodbye, which ${title} ends`, async () => {
      const answers = { QUIT: ({ session }: FtpCall) => session.silence() }
      await using peer = await ftpPeer(answers)
      // A clock that stands still: nothing else ends it.
      const pool = new ClientPool(peer.host, clientOptions(peer, { clock: new VirtualClock() }))
      await pool.use(() => {})
      const closing = pool.close()
      await expect.poll(() => peer.sessions[0]?.received.at(-1)).toBe('QUIT')
      expect(pool.stats.busy).toBe(0)
      if (reason === undefined) await end(pool)
      else await expect(end(pool)).rejects.toThrow(reason)
      await closing
      await peer.done
      expect(pool.stats).toMatchObject({ open: 0, busy: 0 })
    })
  }
})
