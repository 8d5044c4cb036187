import type { Outcome, Table, Verdict } from '../types.d.ts'

/** What a process is given to take part. Rates in bytes per second. */
export interface Place {
  url: string
  /** For all processes together. */
  limit: number
  /** How many processes there are. */
  members: number
  member: string
  /** The size of all that is asked for, in bytes. */
  chunk: number
}

/** A stream under the common limit. */
export interface Stream {
  /** Settles when bytes may pass. @returns How many, up to those asked for. */
  take(bytes: number): Promise<number>
}

/** A contestant in a process that takes part. */
export interface Seat {
  stream(): Stream
}

export interface Contender {
  /** As printed. */
  name: string
  /** The npm package whose version is printed. */
  package?: string
  /** How it was used. */
  settings: string
  /** Connects, and takes a place among the others. */
  open(place: Place): Promise<Seat>
}

/** How a process draws. */
export interface MemberSpec {
  /** Bytes per second, of all its members and streams together; undefined for all it can get. */
  demand?: number
  /** @default 16 KiB */
  chunk?: number
  /** Streams in this process. @default 1 */
  streams?: number
  /** Members in this process, each with connections of its own. @default 1 */
  seats?: number
  /** Where its Redis is, if not where that of the others is. */
  url?: string
}

/** What a process is started with. */
export interface MemberJob extends Omit<Required<MemberSpec>, 'demand'> {
  demand: number | undefined
  contender: string
  limit: number
  members: number
  member: string
  tap: string
  epoch: number
}

/** What a process tells of itself. */
export interface MemberReport {
  /** How long each chunk waited from when it was due, in ms; only of those who have a demand. */
  waits: number[]
  /** How often it failed, and what the last failure said. */
  errors: number
  lastError: string
}

/** How `run.js` serves a measurement. */
export interface FleetContext {
  quick: boolean
  /** By file name, in their order. */
  contenders: Map<string, Contender>
  alternate<V, P>(measure: string, jobs: { adapter: string; params: P }[], rounds: number): Promise<Outcome<V, P>[]>
}

export interface FleetMeasure {
  run(context: FleetContext): Promise<unknown>
  verdicts(results: never): Verdict[]
  tables(results: never, nameOf: (contender: string) => string): Table[]
  /** In the child. */
  measure(contender: string, params: never): Promise<unknown>
}
