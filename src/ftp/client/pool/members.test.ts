import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { ReplyError, TlsError } from '../../errors.ts'
import type { Connection } from '../connection.ts'
import { Log } from '../log.ts'
import type { LoginHooks } from '../session/log-in.ts'
import { Members } from './members.ts'

const tooMany = () => new ReplyError('', { code: 421, lines: ['Too many'] })
const login = (text: string, code = 530) => new ReplyError('PASS ****', { code, lines: [text] })

/** A server that takes so many connections, and what a pool makes of it. */
class Scene {
  readonly clock = new VirtualClock()
  /** How many connections the server takes. */
  room: number
  /** What it says to others. */
  refusal: () => Error = tooMany
  /** How long it takes over each, in ms. */
  readonly delays: number[] = []
  readonly open = new Set<FakeConnection>()
  /** Those that are open or about to be. */
  readonly letIn = new Set<FakeConnection>()
  dials = 0
  logins = 0
  /** Whether what it takes over each is the login. */
  hasTurns = false
  readonly members: Members

  constructor({ most = 4, room = Infinity }: { most?: number; room?: number }) {
    this.room = room
    this.members = new Members({
      open: (signal, hooks) => this.#dial(signal, hooks),
      most,
      clock: this.clock,
      log: new Log('host', undefined),
    })
  }

  /** Takes connections until `count` are had, and keeps them. */
  async takeAll(count: number): Promise<FakeConnection[]> {
    return await Promise.all(Array.from({ length: count }, () => this.take()))
  }

  async take(signal?: AbortSignal): Promise<FakeConnection> {
    return (await this.members.take(signal)) as unknown as FakeConnection
  }

  give(connection: FakeConnection): void {
    this.members.give(connection as unknown as Connection)
  }

  async #dial(signal: AbortSignal, { mayLogIn, letIn }: LoginHooks): Promise<Connection> {
    this.dials++
    if (this.hasTurns) await mayLogIn()
    this.logins++
    await this.clock.sleep(this.delays.shift() ?? 5, { signal })
    if (this.letIn.size >= this.room) throw this.refusal()
    const connection = new FakeConnection(this)
    this.letIn.add(connection)
    letIn()
    await this.clock.sleep(5, { signal })
    this.open.add(connection)
    return connection as unknown as Connection
  }
}

class FakeConnection {
  readonly session: { readonly control: { failure: Error | undefined; lastUsed: number } }
  isClosed = false
  answers = true
  readonly #scene: Scene

  constructor(scene: Scene) {
    this.#scene = scene
    this.session = { control: { failure: undefined, lastUsed: scene.clock.now() } }
  }

  lose(reason: Error): void {
    this.session.control.failure = reason
    this.close()
  }

  close(): void {
    this.isClosed = true
    this.#scene.open.delete(this)
    this.#scene.letIn.delete(this)
  }

  async quit(): Promise<void> {
    this.close()
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (!this.answers) await this.#scene.clock.sleep(30_000, { signal })
    if (!this.answers) throw new Error('silent')
    this.session.control.lastUsed = this.#scene.clock.now()
  }
}

describe('Members', () => {
  test('take() opens connections as they are wanted, and lends them again', async () => {
    const scene = new Scene({ most: 2 })
    await scene.clock.run(async () => {
      const first = await scene.take()
      scene.give(first)
      expect(await scene.take()).toBe(first)
      const second = await scene.take()
      const third = scene.take()
      expect(scene.members.stats).toMatchObject({ open: 2, busy: 2, waiting: 1, limit: 2, refused: 0 })
      scene.give(second)
      expect(await third).toBe(second)
      expect(scene.dials).toBe(2)
    })
  })

  test('take() serves those who wait in their order', async () => {
    const scene = new Scene({ most: 1 })
    await scene.clock.run(async () => {
      const order: number[] = []
      const calls = [1, 2, 3].map(async (call) => {
        const connection = await scene.take()
        order.push(call)
        scene.give(connection)
      })
      await Promise.all(calls)
      expect(order).toEqual([1, 2, 3])
    })
  })

  test('take() makes do with what the server allows, and tries one more from time to time, ever more rarely', async () => {
    const scene = new Scene({ most: 4, room: 2 })
    await scene.clock.run(async () => {
      const waiting = scene.takeAll(4)
      waiting.catch(() => {})
      await scene.clock.sleep(100)
      expect(scene.members.stats).toMatchObject({ open: 2, busy: 2, waiting: 2, limit: 2, refused: 2 })
      const dials: number[] = []
      for (let second = 0; second < 300; second++) {
        const before = scene.dials
        await scene.clock.sleep(1000)
        if (scene.dials > before) dials.push(second)
      }
      // 2, 4, 8, 16, 32, then 60 s apart.
      expect(dials.length).toBeGreaterThan(5)
      const gaps = dials.slice(1).map((time, i) => time - (dials[i] ?? 0))
      expect(gaps).toEqual([4, 8, 16, 32, 60, 60, 60].slice(0, gaps.length))
      scene.room = 4
      expect(await waiting).toHaveLength(4)
      expect(scene.members.stats).toMatchObject({ open: 4, waiting: 0, limit: 4 })
    })
    expect(scene.clock.pending).toBe(0)
  })

  test('take() rejects for all who wait if not even one connection can be had', async () => {
    const scene = new Scene({ room: 0 })
    await scene.clock.run(async () => {
      const calls = await Promise.allSettled([scene.take(), scene.take()])
      expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      scene.room = 1
      expect((await scene.take()).isClosed).toBe(false)
    })
  })

  const final: { title: string; error: Error }[] = [
    { title: 'a wrong password', error: login('Login incorrect') },
    { title: 'too many wrong passwords', error: login('Too many failed login attempts') },
    { title: 'an account that is asked for', error: login('Account?', 332) },
    { title: 'TLS that is refused', error: new ReplyError('AUTH TLS', { code: 534, lines: ['No'] }) },
    {
      title: 'a certificate that is not trusted',
      error: new TlsError('host', { tlsCode: 'CERT_HAS_EXPIRED', state: 'too old', remedy: 'renew' }),
    },
    { title: 'a host that is not known', error: Object.assign(new Error('Who?'), { code: 'ENOTFOUND' }) },
  ]
  for (const { title, error } of final) {
    test(`take() rejects at once for all who wait, and ends all attempts, because of ${title}`, async () => {
      const scene = new Scene({ room: 0 })
      scene.refusal = () => error
      // As servers do it that answer ever more slowly.
      scene.delays.push(10, 1000, 2000, 4000)
      await scene.clock.run(async () => {
        const calls = Promise.allSettled(Array.from({ length: 6 }, () => scene.take()))
        await scene.clock.sleep(20)
        expect(scene.members.stats).toMatchObject({ connecting: 0, waiting: 0, refused: 0, limit: 4 })
        for (const call of await calls) expect(call).toEqual({ status: 'rejected', reason: error })
        await scene.clock.sleep(100_000)
        expect(scene.dials).toBe(4)
      })
      expect(scene.clock.pending).toBe(0)
    })
  }

  const ofNumber: { title: string; error: Error }[] = [
    { title: 'a 421 greeting', error: tooMany() },
    { title: 'a 530 greeting', error: new ReplyError('', { code: 530, lines: ['No'] }) },
    { title: 'ProFTPD', error: login('Sorry, the maximum number of clients (1) for this user are already connected.') },
  ]
  for (const { title, error } of ofNumber) {
    test(`take() makes do with the attempt that goes on when one is refused by ${title}, and tries one more`, async () => {
      const scene = new Scene({ most: 2, room: 1 })
      scene.refusal = () => error
      scene.delays.push(5, 1)
      scene.room = 0
      await scene.clock.run(async () => {
        const calls = scene.takeAll(2)
        await scene.clock.sleep(2)
        scene.room = 1
        await scene.clock.sleep(10)
        expect(scene.members.stats).toMatchObject({ open: 1, waiting: 1, refused: 1, limit: 1 })
        scene.room = 2
        expect(await calls).toHaveLength(2)
      })
    })
  }

  test('take() sends a wrong password once', async () => {
    const scene = new Scene({ most: 16, room: 0 })
    scene.hasTurns = true
    scene.refusal = () => login('Login incorrect')
    scene.delays.push(2000)
    await scene.clock.run(async () => {
      const calls = await Promise.allSettled(Array.from({ length: 20 }, () => scene.take()))
      for (const call of calls) expect(call).toMatchObject({ reason: { replyCode: 530 } })
      await scene.clock.sleep(100_000)
    })
    expect([scene.dials, scene.logins]).toEqual([16, 1])
    expect(scene.clock.pending).toBe(0)
  })

  test('take() logs in with all connections at the same time when one was let in', async () => {
    const scene = new Scene({ most: 8 })
    scene.hasTurns = true
    for (let i = 0; i < 8; i++) scene.delays.push(2000)
    await scene.clock.run(async () => {
      await scene.takeAll(8)
      expect(scene.clock.now()).toBeLessThan(4100)
    })
    expect(scene.logins).toBe(8)
  })

  test('take() logs in with the next connection if the one before is refused otherwise, or ended', async () => {
    const scene = new Scene({ most: 3, room: 0 })
    scene.hasTurns = true
    scene.delays.push(1000, 10, 10)
    await scene.clock.run(async () => {
      const abort = new AbortController()
      const ended = scene.take(abort.signal).catch((error: unknown) => error)
      const calls = scene.takeAll(2)
      await scene.clock.sleep(15)
      expect([scene.dials, scene.logins]).toEqual([3, 1])
      abort.abort(new Error('enough'))
      expect(await ended).toEqual(new Error('enough'))
      await scene.clock.sleep(15)
      expect(scene.logins).toBe(3)
      scene.room = 2
      await scene.clock.sleep(20)
      expect(scene.members.stats).toMatchObject({ open: 1, waiting: 1, connecting: 0, refused: 1 })
      expect(await calls).toHaveLength(2)
    })
  })

  test('take() tries a login that was refused no more while another connection is let in', async () => {
    const scene = new Scene({ most: 3, room: 1 })
    scene.refusal = () => login('Login incorrect')
    await scene.clock.run(async () => {
      const connection = await scene.take()
      const waiting = scene.takeAll(2)
      await scene.clock.sleep(100_000)
      expect(scene.members.stats).toMatchObject({ open: 1, waiting: 2, connecting: 0, refused: 2, limit: 1 })
      expect(scene.dials).toBe(3)
      scene.room = 3
      connection.lose(new Error('ECONNRESET'))
      scene.give(connection)
      // Now it is known that the password is right.
      expect(await waiting).toHaveLength(2)
      expect(scene.dials).toBe(5)
    })
    expect(scene.clock.pending).toBe(0)
  })

  test('take() leaves the queue by its signal, and ends a dial that nobody waits for', async () => {
    const scene = new Scene({})
    await scene.clock.run(async () => {
      const abort = new AbortController()
      const call = scene.take(abort.signal)
      abort.abort(new Error('enough'))
      await expect(call).rejects.toThrow('enough')
      expect(scene.members.stats).toMatchObject({ connecting: 0, waiting: 0 })
      await scene.clock.sleep(100)
      expect(scene.open.size).toBe(0)
      await expect(scene.take(abort.signal)).rejects.toThrow('enough')
    })
  })

  test('give() has the pool shrink if the connection was ended by 421, and not if it was lost otherwise', async () => {
    const scene = new Scene({ most: 3 })
    await scene.clock.run(async () => {
      const [first, second, third] = await scene.takeAll(3)
      first?.lose(tooMany())
      if (first) scene.give(first)
      expect(scene.members.stats).toMatchObject({ open: 2, limit: 2, refused: 1 })
      second?.lose(new Error('ECONNRESET'))
      if (second) scene.give(second)
      expect(scene.members.stats).toMatchObject({ open: 1, limit: 2, refused: 1 })
      await scene.take()
      expect(scene.members.stats).toMatchObject({ open: 2, limit: 2 })
      await scene.clock.sleep(3000)
      expect(scene.members.stats.limit).toBe(3)
      expect(third?.isClosed).toBe(false)
    })
  })

  test('take() replaces idle connections that were closed, or do not answer after a long silence', async () => {
    const scene = new Scene({ most: 2 })
    await scene.clock.run(async () => {
      const [first, second] = await scene.takeAll(2)
      if (!first || !second) throw new Error('none')
      scene.give(first)
      scene.give(second)
      second.lose(tooMany())
      expect(scene.members.stats).toMatchObject({ open: 1, busy: 0 })
      await scene.clock.sleep(20_000)
      first.answers = false
      const third = await scene.take()
      expect([first.isClosed, third === first, scene.dials]).toEqual([true, false, 3])
      expect(scene.members.stats).toMatchObject({ open: 1, limit: 2, refused: 0 })
      scene.give(third)
      await scene.clock.sleep(20_000)
      expect(await scene.take()).toBe(third)
    })
  })

  test('take() waits a few seconds for an idle connection that is dead, and for one of them only', async () => {
    const scene = new Scene({ most: 4 })
    await scene.clock.run(async () => {
      const all = await scene.takeAll(4)
      for (const connection of all) {
        connection.answers = false
        scene.give(connection)
      }
      await scene.clock.sleep(20_000)
      const start = scene.clock.now()
      const fresh = await scene.take()
      expect(scene.clock.now() - start).toBeLessThan(3_100)
      expect(all).not.toContain(fresh)
      expect(scene.members.stats).toMatchObject({ open: 1, busy: 1 })
    })
    expect(scene.clock.pending).toBe(0)
  })

  test('stats changes nothing by being looked at', async () => {
    const tried: number[] = []
    const tryAfter = async (look: (scene: Scene) => void) => {
      const scene = new Scene({ most: 4, room: 2 })
      await scene.clock.run(async () => {
        await scene.takeAll(2)
        const abort = new AbortController()
        const refused = scene.take(abort.signal).catch(() => {})
        await scene.clock.sleep(100)
        abort.abort()
        await refused
        for (let i = 0; i < 100; i++) {
          await scene.clock.sleep(100)
          look(scene)
        }
        const before = scene.dials
        scene.takeAll(2).catch(() => {})
        await scene.clock.sleep(100)
        tried.push(scene.dials - before)
        scene.members.destroy()
      })
    }
    await tryAfter(() => {})
    await tryAfter(({ members }) => expect(members.stats.limit).toBeLessThanOrEqual(3))
    expect(tried).toEqual([1, 1])
  })

  test('destroy() and quit() leave nothing open, and refuse what comes later', async () => {
    for (const end of ['destroy', 'quit'] as const) {
      const scene = new Scene({ most: 2 })
      await scene.clock.run(async () => {
        const [first, second] = await scene.takeAll(2)
        if (!first || !second) throw new Error('none')
        scene.give(first)
        const waiting = scene.takeAll(2)
        waiting.catch(() => {})
        await scene.members[end]()
        scene.give(second)
        await waiting.catch(() => {})
        await expect(scene.take()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
      })
      // The first of those who waited was given a connection before.
      expect([...scene.open].length).toBeLessThanOrEqual(end === 'quit' ? 1 : 0)
      expect(scene.clock.pending).toBe(0)
    }
  })
})
