import { ClientPool } from '../../ftp/client/index.ts'
import type { StreamThrottle } from '../../throttle/stream-throttle.ts'
import { clientOptionsFor } from '../remote/client-options.ts'
import type { RemoteUrl } from '../remote/remote-url.ts'
import type { TransferOptions } from './transfer-options.ts'

/** The connections to all servers that some URLs name, those of one user at one server together. */
export class Pools {
  readonly #pools = new Map<string, ClientPool>()

  private constructor() {}

  /**
   * Asks for passwords, where they are needed; connects later.
   *
   * @param throttles What all transfers pass.
   */
  static async make(
    urls: readonly RemoteUrl[],
    options: TransferOptions,
    throttles: Readonly<Record<string, StreamThrottle>>,
    write: (line: string) => void,
  ): Promise<Pools> {
    const pools = new Pools()
    for (const url of urls) {
      const key = keyOf(url)
      if (pools.#pools.has(key)) continue
      const settings = await clientOptionsFor(url, options, write)
      const pool = new ClientPool(url.host, { ...settings, throttles, connections: options.parallel })
      pools.#pools.set(key, pool)
    }
    return pools
  }

  of(url: RemoteUrl): ClientPool {
    const pool = this.#pools.get(keyOf(url))
    if (!pool) throw new TypeError(`Cannot find the connections to ${url.shown}`)
    return pool
  }

  /** @param inHurry Whether nobody wants to wait for the servers to say goodbye. */
  async close(inHurry: boolean): Promise<void> {
    await Promise.allSettled([...this.#pools.values()].map((pool) => pool.close({ drain: !inHurry })))
  }
}

const keyOf = ({ tls, host, port, user, password }: RemoteUrl) => JSON.stringify([tls, host, port, user, password])
