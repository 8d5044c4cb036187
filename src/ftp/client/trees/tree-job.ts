import type { Carrier } from '../transfer/carrier.ts'
import type { JobProgress } from '../transfer/progress.ts'
import type { TransferSettings } from '../transfer/transfer-settings.ts'
import type { FileResult, KnownFile } from '../transfer/transfer-types.ts'
import type { CompareRules, Difference } from './compare.ts'
import type { LocalSide } from './local-side.ts'
import type { SkipReason } from './plan.ts'
import type { RemoteSide } from './remote-side.ts'
import type { FolderFilter } from './tree-filter.ts'

/** What is done about something in a tree. */
export interface TreeAction {
  readonly action: 'download' | 'upload' | 'make-directory' | 'remove-file' | 'remove-directory' | 'skip'
  /** Relative to the root of the tree, with `/` between names; empty for the root itself. */
  readonly path: string
  /**
   * Why: it is `missing` on the other side, or its `size`, `time` or `checksum` differs, or that is `unknown`; it is `extra` there, or stands `in the way`; or what is
   * skipped is a `symlink`, `special` (a device, or something that the server does not tell the kind of), or a `partial` file of another transfer.
   */
  readonly reason: Difference | Exclude<SkipReason, 'same'> | 'extra' | 'in the way'
  /** Bytes of a file, if they are known. */
  readonly size: number | undefined
}

/** What is to be done with a tree. */
export interface TreeJob {
  readonly carrier: Carrier
  readonly direction: 'download' | 'upload'
  readonly local: LocalSide
  readonly remote: RemoteSide
  readonly filter: FolderFilter
  readonly settings: TransferSettings
  readonly onError: 'stop' | 'continue'
  readonly progress: JobProgress | undefined
  /** How many files are worked on at a time. */
  readonly width: number
  /** How files are compared; undefined if they are not. */
  readonly rules: CompareRules | undefined
  /** Whether what lacks on the side that is read from is removed. */
  readonly remove: boolean
  /** Whether nothing is done, and only told of. */
  readonly dryRun: boolean
  readonly onAction: ((action: TreeAction) => void) | undefined
  /** Moves one file. @param path Relative to the root. @param source What is known of the original. */
  readonly transfer: (
    path: string,
    source: KnownFile,
    reason: TreeAction['reason'],
    signal: AbortSignal,
  ) => Promise<FileResult>
}
