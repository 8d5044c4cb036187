/** What a shared throttle needs of a Redis client. Give one of your own for a client that is neither ioredis nor node-redis. */
export interface ScriptRunner {
  /**
   * Runs the script of sluice with these keys and arguments, all on one node.
   *
   * @returns What the script returned: arrays and texts.
   * @throws What the client throws.
   */
  runScript(keys: readonly string[], args: readonly string[]): Promise<readonly unknown[]>
  /**
   * Subscribes to a channel for as long as this process lives, on the node that runs the script: that tells a process which has
   * ended from one that is cut off.
   *
   * @param signal Ends the subscription.
   * @returns Settles once it is subscribed.
   */
  listen?(channel: string, signal: AbortSignal): Promise<void>
  /** Lists the keys that match a pattern of Redis, of all nodes. Only `Budget.list` needs it. */
  listKeys?(pattern: string): Promise<string[]>
}
