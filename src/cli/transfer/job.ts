import type { ClientPool, TransferProgress, TransferSummary } from '../../ftp/client/index.ts'
import type { StreamThrottle } from '../../throttle/stream-throttle.ts'
import type { RemoteAction } from '../remote/remote-failure.ts'
import type { RemoteUrl } from '../remote/remote-url.ts'

/** What a job is given when it runs. */
export interface JobContext {
  readonly pool: ClientPool
  readonly throttles: Readonly<Record<string, StreamThrottle>>
  readonly signal: AbortSignal
  readonly onProgress: (progress: TransferProgress) => void
  /** Whether every step of each file is to be told, or only how it goes. */
  readonly isWatched: boolean
}

/** One of the transfers that a command was called for. */
export interface Job {
  readonly url: RemoteUrl
  readonly action: RemoteAction
  /** What was to be done with one of the files of a tree. @param path On the side that is read from. */
  readonly actionOn: (path: string) => RemoteAction
  /** Whether it can only be one file. */
  readonly isFile: boolean
  /** What failed of a tree stands in the summary. */
  run(context: JobContext): Promise<TransferSummary>
}
