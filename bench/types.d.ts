import type { Duplex, Writable } from 'node:stream'

/** One limit, and the streams that share it. */
export interface Group {
  /**
   * A new stream under the limit.
   *
   * @param length All bytes that will ever be written to it. Only those that ask for it (`needsLength`) look at it.
   */
  stream(length?: number): Duplex
  /** Sets another limit, in bytes per second, also for streams that already wait. */
  setRate?(rate: number): void
}

/** A contestant: what the measurements need of it, and nothing else. */
export interface Adapter {
  /** As printed. */
  name: string
  /** The npm package whose version is printed; none for Node.js itself. */
  package?: string
  /** Can several streams share one limit? */
  shares?: boolean
  /** Has it a documented way to change the limit of running streams? */
  live?: boolean
  /** Must the length of a stream be known before it starts? It is then held in memory as a whole. */
  needsLength?: boolean
  /** @param rate Bytes per second. */
  open?(rate: number): Group
  /** A limit that never binds, for the cost of being in the path. Without it `open(NOT_BINDING)` is used. */
  openUnbound?(): Group
  /** A WHATWG transform whose limit never binds. */
  web?(): TransformStream<Uint8Array, Uint8Array>
  /** One synchronous draw of `bytes` from a limit that never binds, or from `depth` of them at once. True if all were granted. */
  draw?(depth: 1 | 3): (bytes: number) => boolean
  /** A function that writes to the sink and settles when the next write may be asked for. */
  sender?(sink: Writable, interval: number, pacing: Pacing): (bytes: Uint8Array) => Promise<unknown>
}

export type Pacing = 'gap' | 'steady'

/** What `bench/child.js` is asked to do. */
export interface Job<P = unknown> {
  /** Name of the file in `bench/measures/`. */
  measure: string
  /** Name of the file in `bench/adapters/`, or undefined when nothing is contested. */
  adapter: string | undefined
  params: P
}

/** What came of one job. */
export interface Outcome<V = unknown, P = unknown> {
  adapter: string
  params: P
  round: number
  /** Undefined when it failed. */
  value: V | undefined
  error: string | undefined
}

/** How `run.js` serves a measurement. */
export interface Context {
  quick: boolean
  /** The adapters that take part, by file name, in their order. */
  contestants: Map<string, Adapter>
  /** Those that take part also where time is dear. */
  main: Set<string>
  /** Runs the jobs round by round, each in a process of its own, every round in another order. */
  alternate<V, P>(
    measure: string,
    jobs: { adapter: string | undefined; params: P }[],
    rounds: number,
  ): Promise<Outcome<V, P>[]>
}

/** One line of the target table. */
export interface Row {
  target: string
  /** As in the target table. */
  reach: string
  /** What counts as reached; smaller is better unless `higher`. Undefined where no single number says it. */
  bound: number | undefined
  higher?: boolean
  /** By contestant: the number that is judged, and the text that is shown. */
  scores: Map<string, Score>
}

export interface Score {
  value: number
  text: string
  /** Has it not taken part in all cases? Then it is shown, and is never the best. */
  partial?: boolean
}

export interface Table {
  title: string
  /** How it was measured. */
  note: string
  head: string[]
  body: string[][]
}

export interface Measure {
  title: string
  run(context: Context, moment?: string): Promise<unknown>
  rows(results: never): Row[]
  tables(results: never, nameOf: (adapter: string) => string): Table[]
  /** In the child. */
  measure(adapter: Adapter | undefined, params: never): Promise<unknown>
}

/** One line of the target table. */
export interface Verdict {
  target: string
  /** As in the target table. */
  reach: string
  ours: string
  theirs: string
  /** Ours through theirs, or what else is judged. */
  judged: string
  /** Undefined if it could not be judged. */
  met: boolean | undefined
}
