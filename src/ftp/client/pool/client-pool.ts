import { AsyncLocalStorage } from 'node:async_hooks'
import type { Writable } from 'node:stream'
import type { WritableStream } from 'node:stream/web'
import { checkOptions, optionNames, WAIT } from '../../../check-options.ts'
import { BusyError, ClosedError } from '../../../errors.ts'
import { checkSignal, onAbort } from '../../../on-abort.ts'
import { Waits } from '../../../streams/adapters/waits.ts'
import type { WaitOptions } from '../../../streams/io/stream-io.ts'
import type { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import type { Client } from '../client.ts'
import {
  CLIENT_HINTS,
  CLIENT_NAMES,
  type ClientOptions,
  type ClientSettings,
  clientSettings,
} from '../client-options.ts'
import { ClientThrottles } from '../client-throttles.ts'
import { Connection } from '../connection.ts'
import { type DownloadBytesOptions, downloadBytes, downloadTo } from '../download-to.ts'
import { Log } from '../log.ts'
import { mirror } from '../mirror/mirror.ts'
import type { MirrorOptions, MirrorSummary } from '../mirror/mirror-types.ts'
import type { ChunkSource } from '../transfer/origins/chunk-reader.ts'
import type { DownloadOptions, TransferSummary, UploadOptions } from '../transfer/transfer-types.ts'
import { uploadFrom } from '../upload-from.ts'
import { Members, type MembersStats } from './members.ts'
import { PoolCarrier } from './pool-carrier.ts'
import { PooledClient } from './pooled-client.ts'

/** How a pool connects. */
export interface ClientPoolOptions extends Omit<ClientOptions, 'signal'> {
  /** How many connections there are at most, an integer >= 1. @default 4 */
  readonly connections?: number | undefined
}

/** How the connections of a pool stand. */
export type ClientPoolStats = MembersStats

/** A body that has a connection until it ends. */
interface Body {
  /** In which one it was called. */
  outer: Body | undefined
  isOpen: boolean
}

/** How a pool is closed. */
export interface PoolCloseOptions {
  /** Whether calls that were made before may end. Without, they reject with a {@link ClosedError}. @default true */
  readonly drain?: boolean | undefined
  /** Ends the draining; `close` rejects with its reason when all is closed. */
  readonly signal?: AbortSignal | undefined
}

const OPTIONS = optionNames<ClientPoolOptions>({ ...CLIENT_NAMES, connections: true })
const CLOSE_OPTIONS = optionNames<PoolCloseOptions>({ drain: true, signal: true })

/**
 * Several connections to one server, for transfers at the same time, under one set of throttles.
 *
 * Connections are opened when they are needed, up to `connections`, and kept. If the server refuses one while others are open, or ends one with 421,
 * the pool goes on with fewer, and tries one more from time to time. Lost connections are replaced.
 *
 * ```ts
 * await using pool = new ClientPool('ftp.example.com', { user, password, connections: 8 })
 * await Promise.all(names.map((name) => pool.download(`in/${name}`, name)))
 * ```
 */
export class ClientPool implements AsyncDisposable {
  readonly #settings: ClientSettings
  readonly #throttles: ClientThrottles
  readonly #log: Log
  readonly #members: Members
  readonly #carrier: PoolCarrier
  /** In which bodies a call is made: it must not wait for all of them. */
  readonly #within = new AsyncLocalStorage<Body>()
  /** How many calls have not ended. */
  #calls = 0
  /** In how many of them a body runs. */
  #bodies = 0
  readonly #ended = new Waits()
  #isCut = false
  #closing: Promise<void> | undefined

  /**
   * Does not connect yet.
   *
   * @throws {TypeError | RangeError} If an option is wrong.
   */
  constructor(host: string, options: ClientPoolOptions = {}) {
    checkOptions('make a pool', options, OPTIONS, CLIENT_HINTS)
    const { connections = 4, ...others } = options
    if (!Number.isSafeInteger(connections) || connections < 1) {
      throw new RangeError(`Cannot make a pool: 'connections' must be an integer >= 1, is ${String(connections)}`)
    }
    this.#settings = clientSettings(host, others)
    this.#throttles = new ClientThrottles(this.#settings.throttles)
    this.#log = new Log(host, this.#settings.logger)
    this.#members = new Members({
      open: (signal, hooks) =>
        Connection.open(this.#settings, signal, this.#throttles, () => this.#members.isWanted, hooks),
      most: connections,
      clock: this.#settings.clock,
      log: this.#log,
    })
    this.#carrier = new PoolCarrier(this.#settings, this.#throttles, this.#log, this.#members, connections)
  }

  /** The server, as it was named. */
  get host(): string {
    return this.#settings.host
  }

  get port(): number {
    return this.#settings.port
  }

  /** The throttles by name that all connections share. `pool.throttles.name = ...` and `delete pool.throttles.name` hold at once, also in mid-transfer. */
  get throttles(): Record<string, StreamThrottle> {
    return this.#throttles.named
  }

  get stats(): ClientPoolStats {
    return this.#members.stats
  }

  /** Whether it was closed, or is about to be when the calls that run have ended. */
  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  /**
   * Lends a connection to `body`, which has it alone until it ends. Calls come in turns, also with transfers. A body can call the pool, too, as long as
   * there is a connection for that: bodies that have all of them and wait for further calls wait for ever. Where one call lies in another, that is refused.
   *
   * What `body` changes is taken back: the working directory is what it was, streams that it leaves open are aborted. A raw command that
   * changes the connection otherwise, such as TYPE, costs the connection.
   *
   * @returns What `body` returns.
   * @throws What `body` or opening a connection throws; {@link ClosedError} if the pool is closed; {@link BusyError} in bodies that have as many connections as there
   * may be, as from all other calls; the signal's reason, while it waits.
   */
  async use<T>(body: (client: Client) => Promise<T> | T, options: WaitOptions = {}): Promise<T> {
    if (typeof body !== 'function') throw new TypeError('Cannot use a client: a function is needed that is given it')
    checkOptions('use a client', options, WAIT)
    const { signal } = options
    checkSignal(signal)
    return await this.#call(async () => {
      const connection = await this.#members.take(signal)
      const client = PooledClient.over(connection)
      const place: Body = { outer: this.#within.getStore(), isOpen: true }
      this.#bodies++
      try {
        return await this.#within.run(place, async () => await body(client))
      } finally {
        this.#bodies--
        place.isOpen = false
        place.outer = undefined // calls that each begin the next one would make an endless chain
        await client.comeBack()
        this.#members.give(connection)
      }
    })
  }

  /**
   * As {@link Client.download}; the files of a directory come over all connections at the same time.
   *
   * @throws As {@link Client.download}; {@link ClosedError} if the pool is closed.
   */
  async download(
    remote: string,
    to: string | Writable | WritableStream<Uint8Array>,
    options: DownloadOptions = {},
  ): Promise<TransferSummary> {
    return await this.#call(() => downloadTo(this.#carrier, remote, to, options))
  }

  /** As {@link Client.downloadBytes}. @throws {ClosedError} If the pool is closed, too. */
  async downloadBytes(remote: string, options: DownloadBytesOptions = {}): Promise<Buffer> {
    return await this.#call(() => downloadBytes(this.#carrier, remote, options))
  }

  /**
   * As {@link Client.upload}; the files of a directory go over all connections at the same time.
   *
   * @throws As {@link Client.upload}; {@link ClosedError} if the pool is closed.
   */
  async upload(
    from: string | Uint8Array | ChunkSource,
    remote: string,
    options: UploadOptions = {},
  ): Promise<TransferSummary> {
    return await this.#call(() => uploadFrom(this.#carrier, from, remote, options))
  }

  /**
   * Makes one directory like another, with all that is in it. Run again it does what is left to do: nothing, if nothing has changed.
   *
   * Files of which the other side has the same are left alone; see {@link MirrorOptions.compare}. Symbolic links and devices are left out on either side. In the
   * middle of a run, and if it fails, nothing was removed, and each file is the old one or the new one; but an upload without `atomic` may have left a part of one.
   *
   * @param from The directory to read from, on the server or here, as `direction` says.
   * @param to The directory to write to. It is made if it is not there.
   * @throws {TypeError | RangeError} If an option is wrong, before anything happens; {@link ReplyError} or the error of the file system, if one of the roots can't be
   * read; with `onError: 'stop'` the first failure; when there is no connection to go on with, the reason; {@link ClosedError} if the pool is closed; the signal's reason.
   */
  async mirror(from: string, to: string, options: MirrorOptions): Promise<MirrorSummary> {
    return await this.#call(() => mirror(this.#carrier, from, to, options))
  }

  /**
   * Closes the pool: calls that were made before may end, and bodies of {@link ClientPool.use} may make further ones; later ones are refused. Calling it again joins, and
   * can be less patient. Each connection is said goodbye to, which takes 3 s at most.
   *
   * @throws {BusyError} In a body of {@link ClientPool.use}, which it would wait for, unless `drain` is false; the signal's reason.
   */
  async close(options: PoolCloseOptions = {}): Promise<void> {
    checkOptions('close the pool', options, CLOSE_OPTIONS)
    const { drain = true, signal } = options
    checkSignal(signal)
    if (drain && !this.#isCut && this.#heldHere > 0) {
      throw new BusyError('close the pool in a body that has one of its connections', {
        reason: 'it would wait for the body, and that for it; close it when the body has ended, or with `drain: false`',
      })
    }
    this.#closing ??= this.#close()
    if (!drain) this.#cut()
    const forget = onAbort(signal, () => this.#cut())
    try {
      await this.#closing
    } finally {
      forget()
    }
    signal?.throwIfAborted()
  }

  /** As {@link ClientPool.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A call that `close` waits for. */
  async #call<T>(work: () => Promise<T>): Promise<T> {
    const held = this.#heldHere
    // What a body calls belongs to a call that was made before.
    if (this.#closing && held === 0) throw new ClosedError('use the pool', { reason: 'the pool is closed' })
    this.#checkBodies(held)
    this.#carrier.begin()
    this.#calls++
    try {
      try {
        return await work()
      } finally {
        this.#calls--
        this.#ended.settle()
      }
    } catch (error) {
      // As of a single client: a block with `await using` that returns the call listens only when the pool is closed. Other calls may wait for this one.
      if (this.#calls === 0) await this.#closing
      throw error
    }
  }

  /** How many bodies that have a connection the call is made in. */
  get #heldHere(): number {
    let held = 0
    for (let body = this.#within.getStore(); body; body = body.outer) if (body.isOpen) held++
    return held
  }

  /** @throws {BusyError} If the bodies in which the call is made have all connections: it would wait for them, and they for the call. */
  #checkBodies(held: number): void {
    if (held < this.#carrier.connections) return
    const whose =
      held === 1
        ? 'the body that calls it has its only connection'
        : `the ${held} bodies that it is called in have all connections`
    throw new BusyError('use the pool', { reason: `${whose}; use the client that is given, or more connections` })
  }

  async #close(): Promise<void> {
    // A body that is cut off may still do whatever it does: it has no connection any more.
    while (this.#calls > (this.#isCut ? this.#bodies : 0)) await this.#ended.next()
    await this.#members.quit()
  }

  #cut(): void {
    this.#isCut = true
    this.#ended.settle()
    this.#carrier.end(new ClosedError('go on', { reason: 'the pool was closed' }))
    this.#members.destroy()
  }
}
