import type { CommonTransferOptions, PathPatterns, TransferSummary } from '../transfer/transfer-types.ts'
import type { Comparison } from '../trees/compare.ts'
import type { TreeAction } from '../trees/tree-job.ts'

/** What a mirror does about something, or would do. */
export type MirrorAction = TreeAction

/** How a tree is mirrored. */
export interface MirrorOptions extends CommonTransferOptions {
  /** 'download' makes the local tree like the one on the server, 'upload' the one on the server like the local one. */
  readonly direction: 'download' | 'upload'
  /** How many files are worked on at a time, an integer >= 1. @default as many as the pool has connections, and some on their way */
  readonly parallel?: number | undefined
  /**
   * Whether what lacks on the side that is read from is removed, and what has become something else is replaced: when everything else went well, and not before.
   * What `include` and `exclude` leave out is never removed.
   *
   * @default false
   */
  readonly delete?: boolean | undefined
  /** What belongs to the tree. @default everything */
  readonly include?: PathPatterns | undefined
  /** What does not; a directory with all that is in it. @default nothing */
  readonly exclude?: PathPatterns | undefined
  /** What makes a file the same on both sides, so that it need not be transferred. @default "time-and-size" */
  readonly compare?: Comparison | undefined
  /** Whether it is only told what would be done. @default false */
  readonly dryRun?: boolean | undefined
  /**
   * Goes on with files that an earlier run has transferred in part. If the server does not let a part be read, to compare it, an upload goes on with it only if this
   * is set.
   *
   * @default true
   */
  readonly resume?: boolean | undefined
  /** Uploads each file to a temporary name, and renames it when it is whole. @default false */
  readonly atomic?: boolean | undefined
  /** Whether failures stand in the summary, and the rest is done all the same, or the first one ends it. @default "continue" */
  readonly onError?: 'stop' | 'continue' | undefined
  /** Told of each action just before it is done, or would be. */
  readonly onAction?: ((action: MirrorAction) => void) | undefined
}

/** What a mirror has done; with `dryRun`, would have done. */
export interface MirrorSummary extends TransferSummary {
  /** Files that are the same on both sides. They are among those that were skipped. */
  readonly unchanged: number
  /** Directories that were made. */
  readonly made: number
  /** Files, links and directories that were removed. */
  readonly removed: number
}
