import type { Clock } from '../clock.ts'
import { type Due, DueHeap } from '../rate/due-heap.ts'

/** What the scheduler wakes: a gate. */
export interface Wakeable extends Due {
  /** Serves who can be served, and arms itself again if somebody still waits. */
  wake(now: number): void
}

/** What the scheduler looks after while it is not waiting: a flow that holds credit it may never use. */
export interface Idler {
  touchedAt: number
  idlePrevious: Idler | undefined
  idleNext: Idler | undefined
  /** Takes back what was not used. */
  lapse(now: number): void
}

/** Whoever has not asked for anything for so many ms is idle: its credit goes back to those who use it. */
const IDLE_AFTER = 20

/** What is due within this many ms is done in the same wake-up. */
const EARLY = 0.5

/** How late a wake-up may be, in ms. More slack would cost smoothness, less would cost spinning. */
const SLACK = 1

/**
 * Wakes everything that waits on one clock, with one timer armed to the earliest. When nothing waits there is no timer, and the
 * process may exit.
 */
export class Scheduler {
  readonly clock: Clock
  readonly #due = new DueHeap<Wakeable>()
  #cancel: (() => void) | undefined
  #armedFor = Infinity
  #waking = false
  #idleHead: Idler | undefined
  #idleTail: Idler | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Has `target` woken at `due`, instead of when it was to be woken before. */
  arm(target: Wakeable, due: number): void {
    this.#due.set(target, due)
    this.#setTimer()
  }

  disarm(target: Wakeable): void {
    this.#due.remove(target)
    this.#setTimer()
  }

  /** Notes that `idler` was active just now. */
  touch(idler: Idler, now: number): void {
    if (idler !== this.#idleTail) {
      this.forget(idler)
      idler.idlePrevious = this.#idleTail
      if (this.#idleTail) this.#idleTail.idleNext = idler
      else this.#idleHead = idler
      this.#idleTail = idler
    }
    idler.touchedAt = now
  }

  /** Stops looking after `idler`. */
  forget(idler: Idler): void {
    if (idler !== this.#idleHead && idler.idlePrevious === undefined) return
    if (idler.idlePrevious) idler.idlePrevious.idleNext = idler.idleNext
    else this.#idleHead = idler.idleNext
    if (idler.idleNext) idler.idleNext.idlePrevious = idler.idlePrevious
    else this.#idleTail = idler.idlePrevious
    idler.idlePrevious = undefined
    idler.idleNext = undefined
  }

  /** Lets those lapse who have been idle for too long. */
  sweep(now: number): void {
    for (let idler = this.#idleHead; idler && idler.touchedAt + IDLE_AFTER < now; idler = this.#idleHead) {
      this.forget(idler)
      idler.lapse(now)
    }
  }

  #setTimer(): void {
    if (this.#waking) return
    const due = this.#due.first?.due ?? Infinity
    // A timer that fires too early costs less than setting it anew each time that the earliest moves back.
    if (due === Infinity ? this.#cancel === undefined : due >= this.#armedFor) return
    this.#cancel?.()
    this.#cancel = undefined
    this.#armedFor = due
    if (due !== Infinity) this.#cancel = this.clock.sleepUntil(due, this.#wake, SLACK)
  }

  readonly #wake = (): void => {
    this.#cancel = undefined
    this.#armedFor = Infinity
    const now = this.clock.now()
    this.#waking = true
    this.sweep(now)
    // Who is due again at once gets its turn in the next wake-up, after everybody else has had the chance to ask.
    const woken: Wakeable[] = []
    for (let first = this.#due.first; first && first.due <= now + EARLY; first = this.#due.first) {
      this.#due.remove(first)
      woken.push(first)
    }
    for (const target of woken) target.wake(now)
    this.#waking = false
    this.#setTimer()
  }
}
