import type { Clock } from '../clock.ts'
import type { WatchedRunner } from './clients.ts'
import { checkReply, OutageError } from './errors.ts'
import type { BudgetKeys } from './keys.ts'
import { type Arguments, parseSale, purchaseArguments } from './protocol.ts'
import type { Share } from './share.ts'

/** Told when something has changed. */
export interface LinkEvents {
  outage(error: Error): void
  /** @param after How long Redis was out of reach, in ms. */
  recovered(after: number): void
  limit(limit: number | null): void
}

export interface LinkSettings {
  readonly clock: Clock
  readonly runner: WatchedRunner
  readonly name: string
  readonly member: string
  readonly keys: BudgetKeys
}

/** How late a timer may be, in ms: a lease that begins a little late is spent a little faster. */
const SLACK = 2

/** So long a process waits for Redis to take its leave, in ms. */
const FAREWELL = 1000

/** Connects a share with Redis and the clock: one call at a time, one timer. */
export class Link {
  readonly #share: Share
  readonly #settings: LinkSettings
  readonly #events: LinkEvents
  #cancel: (() => void) | undefined
  #armedFor = Infinity
  #scheduled = false
  #closing: Promise<void> | undefined
  /** Whether nothing is said to Redis any more. */
  #isOver = false
  #limit: number | null
  #outageSince: number | undefined
  #error: Error | undefined
  /** Calls that tell Redis of a change, in their order; each settles its promise. */
  #changes: Promise<unknown> = Promise.resolve()
  #listens = false
  #end = new AbortController()
  readonly #readies: { resolve(): void; reject(error: unknown): void }[] = []
  /** Whether the limit was set here and Redis could not be told yet. */
  #limitIsNew = false
  /** The call that will tell of it and is not under way yet. */
  #telling: Promise<void> | undefined
  /** Calls of the script so far. */
  calls = 0
  /** Outages so far, with the present one. */
  outages = 0

  constructor(share: Share, settings: LinkSettings, events: LinkEvents) {
    this.#share = share
    this.#settings = settings
    this.#events = events
    this.#limit = share.limit
    this.schedule()
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  /** Since when Redis is out of reach, in ms; and why. */
  get outageSince(): number | undefined {
    return this.#outageSince
  }

  get error(): Error | undefined {
    return this.#error
  }

  /** Does what is due, when the present call has returned. */
  schedule(): void {
    if (this.#scheduled || this.closed) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#pump()
    })
  }

  /** Settles with the first call that Redis answers or refuses. */
  ready(): Promise<void> {
    if (this.#share.contactAt > -Infinity && !this.#share.outage) return Promise.resolve()
    return new Promise((resolve, reject) => this.#readies.push({ resolve, reject }))
  }

  /** Runs a call of its own. */
  async run(args: Arguments): Promise<readonly unknown[]> {
    const { name, runner, keys } = this.#settings
    this.calls++
    let reply: readonly unknown[]
    try {
      reply = await runner.runScript(keys.keys, args)
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      const why = runner.connectionError?.()
      throw new OutageError(name, why ? `${said} (${why.message})` : said, { cause: why ?? error })
    }
    return checkReply(name, reply)
  }

  /** Tells Redis of a change, behind the changes before. */
  change(args: () => Arguments): Promise<readonly unknown[]> {
    const change = this.#changes.then(() => {
      if (this.#isOver) throw new OutageError(this.#settings.name, 'it was closed')
      return this.run(args())
    })
    this.#changes = change.catch(() => {})
    return change
  }

  /** Tells Redis of the limit that was set here, as soon as it can be told. Who sets another one before joins the call. */
  async setLimit(): Promise<void> {
    if (this.closed) throw new OutageError(this.#settings.name, 'it was closed')
    this.#limitIsNew = true
    this.#telling ??= this.#tellLimit()
    await this.#telling
  }

  async #tellLimit(): Promise<void> {
    try {
      const reply = await this.change(() => {
        this.#limitIsNew = false
        this.#telling = undefined
        return ['set', '', String(this.#share.limit ?? 0), '']
      })
      if (!this.#limitIsNew) this.#share.setVersion(Number(reply[3]))
    } catch (error) {
      this.#limitIsNew = true
      throw error
    }
  }

  /** Leaves the fleet. A second call joins the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { clock, name } = this.#settings
    const asleep = this.#share.dormant
    this.#cancel?.()
    const back = this.#share.leave(clock.now())
    for (const { reject } of this.#readies.splice(0)) reject(new OutageError(name, 'it was closed'))
    this.#stopListening()
    // Without Redis there is nobody to tell; there the share lapses by itself.
    if (asleep || this.#outageSince !== undefined) {
      this.#isOver = true
      return
    }
    let cancel = () => {}
    const enough = new Promise<void>((resolve) => {
      cancel = clock.sleepUntil(clock.now() + FAREWELL, resolve)
    })
    await Promise.race([this.#leave(back), enough]).catch(() => {})
    this.#isOver = true
    cancel()
  }

  #leave(back: number): Promise<readonly unknown[]> {
    return this.change(() => ['leave', this.#settings.member, String(Math.floor(back))])
  }

  #pump(): void {
    if (this.closed) return
    const share = this.#share
    const now = this.#settings.clock.now()
    share.advance(now)
    if (share.isIdle(now)) this.#leave(share.leave(now)).catch(() => {})
    if (share.isDue(now)) this.#buy(now)
    this.#tell()
    if (share.dormant) this.#stopListening()
    this.#arm(share.advance(now))
  }

  #arm(time: number): void {
    if (time === this.#armedFor) return
    this.#cancel?.()
    this.#cancel = undefined
    this.#armedFor = time
    if (time === Infinity) return
    const wake = () => {
      this.#cancel = undefined
      this.#armedFor = Infinity
      this.#pump()
    }
    this.#cancel = this.#settings.clock.sleepUntil(time, wake, SLACK)
  }

  #buy(now: number): void {
    const { member, keys, clock } = this.#settings
    this.#listen()
    this.run(purchaseArguments(member, keys.channel, this.#share.purchase(now))).then(
      (reply) => {
        if (this.closed) return
        try {
          this.#share.sold(parseSale(reply), now, clock.now())
        } catch (error) {
          this.#failed(error)
          return
        }
        this.#error = undefined
        if (this.#limitIsNew) this.setLimit().catch(() => {})
        for (const { resolve } of this.#readies.splice(0)) resolve()
        this.#pump()
      },
      (error: unknown) => this.#failed(error),
    )
  }

  #failed(error: unknown): void {
    if (this.closed) return
    const { name, clock } = this.#settings
    this.#error = error instanceof Error ? error : new OutageError(name, String(error))
    this.#share.failed(clock.now())
    for (const { reject } of this.#readies.splice(0)) reject(this.#error)
    this.#pump()
  }

  #listen(): void {
    const { runner, member, keys } = this.#settings
    if (this.#listens) return
    this.#listens = true
    const { signal } = this.#end
    runner.listen?.(keys.channel + member, signal).then(
      () => this.#share.setWatched(!signal.aborted),
      // Without it, the share of a process that was killed is kept for as long as if it were cut off.
      () => {},
    )
  }

  #stopListening(): void {
    if (!this.#listens) return
    this.#listens = false
    this.#share.setWatched(false)
    this.#end.abort()
    this.#end = new AbortController()
  }

  #silence(): OutageError {
    const { name, runner } = this.#settings
    const cause = runner.connectionError?.()
    return new OutageError(name, cause ? `Redis does not answer (${cause.message})` : 'Redis does not answer', {
      cause,
    })
  }

  #tell(): void {
    const share = this.#share
    const now = this.#settings.clock.now()
    if (share.outage && this.#outageSince === undefined) {
      this.#outageSince = now
      this.outages++
      this.#error ??= this.#silence()
      this.#events.outage(this.#error)
    } else if (!share.outage && this.#outageSince !== undefined) {
      const after = now - this.#outageSince
      this.#outageSince = undefined
      if (!this.#share.watched) this.#listens = false
      this.#events.recovered(after)
    }
    if (share.limit !== this.#limit) {
      this.#limit = share.limit
      this.#events.limit(share.limit)
    }
  }
}
