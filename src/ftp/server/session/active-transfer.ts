import { inspect } from 'node:util'
import type { Clock } from '../../../clock.ts'
import type { TransferInfo } from './connection-info.ts'
import { transferSnapshot } from './snapshot.ts'

/** A transfer, as far as it has come. */
export class ActiveTransfer implements TransferInfo {
  readonly kind: TransferInfo['kind']
  readonly verb: string
  readonly path: string
  readonly user: string
  readonly since = new Date()
  bytes = 0
  size: number | undefined
  error: unknown
  readonly #clock: Clock
  readonly #startedAt: number
  #endedAt: number | undefined

  constructor(kind: TransferInfo['kind'], verb: string, path: string, user: string, clock: Clock) {
    this.kind = kind
    this.verb = verb
    this.path = path
    this.user = user
    this.#clock = clock
    this.#startedAt = clock.now()
  }

  get duration(): number {
    return (this.#endedAt ?? this.#clock.now()) - this.#startedAt
  }

  get rate(): number {
    return this.duration > 0 ? (this.bytes * 1000) / this.duration : 0
  }

  toJSON(): Record<string, unknown> {
    return transferSnapshot(this)
  }

  [inspect.custom](): Record<string, unknown> {
    return transferSnapshot(this)
  }

  end(error: unknown): void {
    this.error = error
    this.#endedAt = this.#clock.now()
  }
}
