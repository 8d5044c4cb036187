import type { WaitOptions } from '../../../streams/io/stream-io.ts'
import type { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import type { Size } from '../../../units.ts'

/** How a stream of a file is opened. */
export interface DataStreamOptions extends WaitOptions {
  /** Where in the file to begin, in bytes, as a number or as text such as '64KiB'. @default 0 */
  readonly offset?: Size | undefined
  /** Throttles by name for this stream, beside those of the client. */
  readonly throttles?: Readonly<Record<string, StreamThrottle>> | undefined
  /** The part of shared limits in proportion to that of other streams, > 0. @default 1 */
  readonly weight?: number | undefined
}
