import type { Clock } from '../../../clock.ts'
import type { UserLimits, UserProfile } from './user.ts'
import { UserState } from './user-state.ts'

/** The users that are connected, or that somebody has asked for, by name. */
export class UserStates {
  readonly #clock: Clock
  readonly #limits: ReadonlyMap<string, UserLimits>
  readonly #states = new Map<string, UserState>()

  /**
   * @param known The limits of users that are known beforehand.
   * @throws {TypeError} If a limit has another clock.
   */
  constructor(clock: Clock, known: ReadonlyMap<string, UserLimits>) {
    this.#clock = clock
    this.#limits = known
    for (const [name, limits] of known) new UserState(name, limits, clock)
  }

  /** What somebody asks for from outside stays. */
  get(name: string): UserState {
    const state = this.#of(name, this.#limits.get(name) ?? {})
    state.isKept = true
    return state
  }

  /** Counts a connection; undefined if there are `most` already. */
  enter(user: UserProfile, most: number): UserState | undefined {
    const state = this.#of(user.name, user.limits ?? {})
    if (state.connections >= most) return undefined
    state.connections++
    return state
  }

  leave(state: UserState): void {
    state.connections--
    if (state.connections === 0 && !state.isKept) this.#states.delete(state.name)
  }

  #of(name: string, limits: UserLimits): UserState {
    let state = this.#states.get(name)
    if (!state) {
      state = new UserState(name, limits, this.#clock)
      this.#states.set(name, state)
    }
    return state
  }
}
