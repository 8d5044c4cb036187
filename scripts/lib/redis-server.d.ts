/**
 * Finds what `REDIS_SERVER` names, else `redis-server` or `valkey-server`.
 *
 * @throws {Error} If there is none; it says how to get one.
 */
export function findRedis(env?: NodeJS.ProcessEnv): {
  readonly program: string
  /** Name and version, as in "Redis 7.0.15". */
  readonly version: string
}

export interface RedisServerOptions {
  /** Default: what {@link findRedis} finds. */
  readonly program?: string
  /** Default: a free one. */
  readonly port?: number
  /** A file of settings that it may write to. */
  readonly config?: string
  /** More for its command line. */
  readonly args?: readonly string[]
  /** More for its environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether it is in a group of its own, so that Ctrl-C does not reach it. Default false. */
  readonly detached?: boolean
}

/** A server on the loopback that keeps nothing on disk, and ends when this process does. */
export class RedisServer {
  /** 0 until it is started if none was given; then it stays the same. */
  readonly port: number
  /** Of each time that it was started. */
  readonly pids: readonly number[]
  constructor(options?: RedisServerOptions)
  get url(): string
  /** Whether it runs; also true while it is stopped by SIGSTOP. */
  get lives(): boolean
  /**
   * Starts it, or starts it again: empty. Settles when it accepts connections.
   *
   * @param signal Ends the waiting.
   * @throws {Error} If it can't be started, ends, or does not listen within 10 s.
   */
  start(signal?: AbortSignal): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Kills it without a farewell, as a power cut would. */
  kill(): Promise<void>
  /** Kills it, and removes what it left. */
  stop(): Promise<void>
  /** The same at once, without waiting until it is gone. */
  end(): void
}

export function freePort(): Promise<number>

/** Ports that nobody listens on, all different. */
export function freePorts(count: number): Promise<number[]>
