import type { Clock } from '../../../clock.ts'
import type { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import type { Level } from '../throttles/connection-throttles.ts'
import { throttleOf } from '../throttles/server-limit.ts'
import { StreamThrottlePattern } from '../throttles/throttle-pattern.ts'
import type { UserLimits } from './user.ts'

/** The throttles of a user, which can be changed at any time. */
export interface UserThrottles {
  /** What all connections of the user have together. */
  readonly userGlobal: StreamThrottle
  /** What each connection of the user has: a change holds for all there are, and those to come. */
  readonly userPerConnection: StreamThrottlePattern
}

/** A user, as the server knows them. */
export interface ServerUser {
  readonly name: string
  /** How many connections the user has. */
  readonly connections: number
  readonly throttles: UserThrottles
}

/** What all connections of a user share. */
export class UserState implements ServerUser {
  readonly name: string
  readonly throttles: UserThrottles
  readonly level: Level
  connections = 0
  /** Whether somebody has asked for it, and may have changed its throttles: it is not forgotten then. */
  isKept = false

  constructor(name: string, limits: UserLimits, clock: Clock) {
    const what = `Cannot limit the user ${JSON.stringify(name)}:`
    const global = throttleOf(`${what} 'userGlobal'`, limits.userGlobal, clock)
    const sample = throttleOf(`${what} 'userPerConnection'`, limits.userPerConnection, clock)
    const perConnection = new StreamThrottlePattern(sample)
    this.name = name
    this.throttles = Object.freeze({ userGlobal: global, userPerConnection: perConnection })
    this.level = { name: 'user', global, perConnection }
  }
}
