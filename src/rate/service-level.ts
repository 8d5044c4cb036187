/** What a member of a {@link ServiceLevel} carries. */
export interface Served {
  /** Its part of the rate in proportion to the others', > 0. */
  readonly weight: number
  /** How far it was served; -Infinity if it was idle, and begins where the others are. */
  level: number
}

/** How many turns a member can be behind at most: what it could not use for longer has gone to others for good. */
const MOST_TURNS_BEHIND = 4

/** The fewest and the most turns in one, to make up for what a member had more or less than others. */
const FEWEST_TURNS = 0.5
const MOST_TURNS = 2

/** How long the pace is measured at least, in ms, and how fast it follows. After a longer time it begins anew. */
const PACE_TIME = 5
const LONGEST_PACE_TIME = 100
const SMOOTHING = 1 / 8

/**
 * How far those were served who share a limit: bytes that each was offered for each unit of weight. It tells a flow that passes
 * several limits what is due to it at each, though it has its turns at one only, that of the limit which serves it last.
 * Source: virtual time, as in start-time fair queueing, P. Goyal, H. Vin and H. Cheng, SIGCOMM 1996.
 */
export class ServiceLevel {
  #level = 0
  #turn = 0
  #pace = 0
  #pacedAt = -Infinity
  #pacedLevel = 0

  /** Begins a round. @param turn What a turn is worth to a weight of 1, in bytes > 0. */
  begin(turn: number): void {
    this.#turn = turn
  }

  /** Notes that each was offered `bytes` more for each unit of weight. */
  rise(bytes: number): void {
    this.#level += bytes
  }

  /** Ends a round. */
  end(now: number): void {
    const elapsed = now - this.#pacedAt
    if (elapsed < PACE_TIME) return
    const pace = (this.#level - this.#pacedLevel) / elapsed
    const isFirst = this.#pace === 0 || elapsed > LONGEST_PACE_TIME
    this.#pace = isFirst ? pace : this.#pace + (pace - this.#pace) * SMOOTHING
    this.#pacedAt = now
    this.#pacedLevel = this.#level
  }

  /** How many turns `member` is due in this round: about 1, more or less if it had less or more than others so far. */
  due(member: Served): number {
    if (member.level === -Infinity) member.level = this.#level
    return Math.min(MOST_TURNS, Math.max(FEWEST_TURNS, (this.#level + this.#turn - member.level) / this.#turn))
  }

  /** Bytes that `member` can have without being more than a turn ahead of the others. */
  owed(member: Served): number {
    return (this.#level + this.#turn - member.level) * member.weight
  }

  /** Notes that `member` has had `bytes`. */
  serve(member: Served, bytes: number): void {
    member.level = Math.max(member.level, this.#level - MOST_TURNS_BEHIND * this.#turn) + bytes / member.weight
  }

  /**
   * When the others will have come as far as `member` would with one turn more, in ms from now. It passes several limits at the pace
   * of that where this takes longest.
   *
   * @param slowest Bytes per ms for each unit of weight, > 0: the level is taken to rise no slower.
   */
  untilTurn(member: Served, slowest: number): number {
    const ahead = Math.min(2 * this.#turn, Math.max(0, member.level + this.#turn - this.#level))
    return ahead / Math.max(slowest, this.#pace)
  }
}
