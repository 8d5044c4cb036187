import type { Clock } from '../../clock.ts'
import type { Silence } from '../../streams/io/silence.ts'
import type { Flow } from '../../throttle/flow.ts'

/** How bytes are moved. */
export interface TransferOptions {
  /**
   * Where in the file the transfer begins, in bytes.
   *
   * @default 0
   */
  readonly position?: number | undefined
  /** What the bytes have to pass. */
  readonly flow: Flow
  /** How long the other side may be silent in the middle, in ms; undefined is forever. Waiting for `flow` or the file never counts. */
  readonly stallTimeout?: number | undefined
  /** The same up to the first byte. @default stallTimeout */
  readonly firstByteTimeout?: number | undefined
  readonly clock: Clock
  /** What watches for silence, also for others. @default one of its own */
  readonly silence?: Silence | undefined
  /** Ends the transfer, with its reason. */
  readonly signal: AbortSignal
  /** Told of bytes when they have moved. */
  readonly onBytes?: ((count: number) => void) | undefined
}
