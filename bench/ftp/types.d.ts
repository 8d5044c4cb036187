import type { Outcome, Table, Verdict } from '../types.d.ts'

/** A server, and how to log in. */
export interface Target {
  host: string
  port: number
  user: string
  password: string
  /** Explicit TLS is then asked for, for control and data. */
  tls: boolean
}

/** What a task has cost the client. */
export interface Cost {
  seconds: number
  /** Seconds of processor time, user and system. */
  cpu: number
  /** The most memory (RSS) of the client's process, in bytes. */
  rss: number
}

/** A client that takes part, and what it can do. Paths on the server are relative to where a login begins. */
export interface FtpClient {
  /** As printed. */
  name: string
  /** The npm package whose version is printed. */
  package?: string
  /** Of a program, as it says it. @throws if there is none */
  version?(): string
  get?(target: Target, remote: string, local: string): Promise<Cost>
  put?(target: Target, local: string, remote: string): Promise<Cost>
  getTree?(target: Target, remote: string, local: string, options: TreeOptions): Promise<Cost>
  putTree?(target: Target, local: string, remote: string, options: TreeOptions): Promise<Cost>
  /** Has it a way to transfer over several connections? */
  isParallel?: boolean
  /** @param each Is called for each entry as it is handed over; while it runs, no other is. */
  list?(target: Target, path: string, each?: () => void): Promise<Cost & { entries: number /* 0 if it does not say */ }>
  /**
   * Downloads at most at `rate` bytes per second, to a sink that calls `note`; with `idle` once more after so many ms, over the same
   * connection.
   */
  limited?(target: Target, remote: string, rate: number, note: (bytes: number) => void, idle: number): Promise<void>
  /** Downloads a folder of eight files over eight connections, at most at `rate` bytes per second in all. */
  eight?(target: Target, remote: string, local: string, rate: number): Promise<void>
}

export interface TreeOptions {
  /** The files of the folder, for those who must be told each. */
  names: string[]
  connections: number
}

export type ServerName = 'sluice' | 'ftp-srv' | 'vsftpd' | 'proftpd'

export interface ServerSpec {
  name: ServerName
  /** The folder to serve. */
  root: string
  tls?: boolean
  /** Bytes per second for all its connections together. */
  limit?: number
}

/** A server in a process of its own. */
export interface OpenServer {
  target: Target
  /** Its memory in bytes, after a collection: RSS, or, for one with a process for each connection, the PSS of all of them. */
  memory(): Promise<number>
  stop(): Promise<void>
}

/** What `servers/*.js` start, in the server's own process. */
export interface ServerHere {
  target: Target
  memory(): number
  stop(): Promise<void>
}

/** How `run.js` serves a measurement. */
export interface FtpContext {
  quick: boolean
  /** Bytes of the large file. */
  large: number
  /** By file name, in their order. */
  clients: Map<string, FtpClient>
  servers: ServerName[]
  place: import('./lib/place.js').Place
  /** Starts a server for the folder `place.root`, runs `body`, and stops it. */
  withServer<T>(spec: Omit<ServerSpec, 'root'>, body: (target: Target) => Promise<T>): Promise<T>
  alternate<V, P>(measure: string, jobs: { adapter: string; params: P }[], rounds: number): Promise<Outcome<V, P>[]>
}

export interface FtpMeasure {
  title: string
  run(context: FtpContext): Promise<unknown>
  verdicts(results: never): Verdict[]
  tables(results: never, nameOf: (adapter: string) => string): Table[]
  /** In the child. */
  measure(adapter: string, params: never): Promise<unknown>
}
