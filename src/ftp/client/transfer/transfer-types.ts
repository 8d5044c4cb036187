import type { WaitOptions } from '../../../streams/io/stream-io.ts'
import type { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import type { Size } from '../../../units.ts'

/** How often, and after what waits, a transfer is tried again. */
export interface RetryOptions {
  /** Further attempts after the first one, >= 0; Infinity never gives up. @default 3 */
  readonly attempts?: number | undefined
  /** The wait before the first of them, in ms, >= 0. @default 1000 */
  readonly delay?: number | undefined
  /** By how much each wait is longer than the one before, >= 1. @default 2 */
  readonly factor?: number | undefined
  /** The longest wait, in ms, >= 0. @default 30_000 */
  readonly maxDelay?: number | undefined
  /** The part of each wait that chance may take off, from 0 to 1, so that those who failed together do not come back together. @default 0.5 */
  readonly jitter?: number | undefined
}

/** How files are transferred, in either direction. */
export interface CommonTransferOptions extends WaitOptions {
  /**
   * Goes on where an earlier transfer of the same file ended, as far as its size and time, and of an upload its last 256 KiB, tell that it is the same; else it
   * starts anew. Only for files here:
   * a stream can't be begun in the middle. A download whose whole copy is here already, by its size and time and with `checksum` by that, is skipped.
   *
   * @default false
   */
  readonly resume?: boolean | undefined
  /**
   * How many further attempts are made after what may pass: a lost connection, a timeout, a reply 4xx, a file that came short. Each goes on where the one before
   * ended, with a new connection if need be. A number is short for `{ attempts }`.
   *
   * @default 0
   */
  readonly retry?: number | RetryOptions | undefined
  /** Told how far the transfer is: when bytes have moved, at most every `progressInterval`, and at its end. What it throws ends the transfer. */
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined
  /** Milliseconds, >= 0. @default 250 */
  readonly progressInterval?: number | undefined
  /** Compares the checksum of the file with that of the server, if the server computes any. @default false */
  readonly checksum?: boolean | undefined
  /** Gives the copy of a file the time of the original; with an upload, if the server knows how. @default true */
  readonly preserveTimes?: boolean | undefined
  /** Throttles by name for this transfer, beside those of the client. */
  readonly throttles?: Readonly<Record<string, StreamThrottle>> | undefined
  /** The part of shared limits in proportion to that of other transfers, > 0. @default 1 */
  readonly weight?: number | undefined
}

/** One or several patterns: a glob, of the path relative to the root of the tree, with `*`, `**`, `?` and `[...]`, or a regular expression. */
export type PathPatterns = string | RegExp | readonly (string | RegExp)[]

/** How directories are transferred. */
export interface TreeOptions {
  /** What of a tree is transferred. @default everything */
  readonly include?: PathPatterns | undefined
  /** What of a tree is left out; a directory with all that is in it. @default nothing */
  readonly exclude?: PathPatterns | undefined
  /** Whether the first failure ends the transfer of a tree, or stands in its summary. @default "stop" */
  readonly onError?: 'stop' | 'continue' | undefined
}

/** How a file or directory is downloaded. */
export interface DownloadOptions extends CommonTransferOptions, TreeOptions {
  /** Whether a stream that is downloaded to is ended at the end. If the download fails, it is destroyed in any case. @default true */
  readonly end?: boolean | undefined
}

/** How a file or directory is uploaded. */
export interface UploadOptions extends CommonTransferOptions, TreeOptions {
  /**
   * Uploads to a temporary name beside the file, and renames it when it is whole, so that nobody ever sees a part of it.
   *
   * @default false
   */
  readonly atomic?: boolean | undefined
  /** How many bytes a stream is to give, as a number or as text such as '64KiB', if that is known. One that gives fewer or more is a {@link ChangedError}, and is aborted. */
  readonly size?: Size | undefined
}

/** How far a transfer is. */
export interface TransferProgress {
  readonly direction: 'download' | 'upload'
  /** The file on the server that moves. */
  readonly path: string
  /** How many of its bytes are there, those of an earlier transfer included. */
  readonly bytes: number
  /** How many it has, if that is known. */
  readonly size: number | undefined
  /** Bytes of all files together. */
  readonly totalBytes: number
  readonly totalSize: number | undefined
  /** How many files are done. */
  readonly files: number
  /** Bytes per second that moved within the last second. */
  readonly rate: number
  /** Milliseconds up to the end at this rate; undefined if that can't be told. */
  readonly eta: number | undefined
}

/** What a transfer has done. */
export interface TransferSummary {
  /** Files that were transferred. */
  readonly files: number
  /** Directories that were gone through. */
  readonly directories: number
  /** Bytes that moved. What was there from an earlier transfer is not counted. */
  readonly bytes: number
  /** Files that did not have to be transferred. */
  readonly skipped: number
  /** Files that went on where an earlier transfer had ended. */
  readonly resumed: number
  /** Files whose checksum was compared with that of the server. */
  readonly checked: number
  /** What failed, with `onError: 'continue'`. */
  readonly failed: readonly TransferFailure[]
  /** Milliseconds. */
  readonly duration: number
  /** Bytes per second, on the average. */
  readonly rate: number
}

/** What failed of a tree. */
export interface TransferFailure {
  /** On the side that is read from. */
  readonly path: string
  readonly error: unknown
}

/** What the transfer of one file has done. */
export interface FileResult {
  /** Bytes that moved, in all attempts. */
  readonly bytes: number
  /** Whether it went on where an earlier transfer had ended. */
  readonly resumed: boolean
  /** Bytes that the file has. */
  readonly size: number
  /** Whether its checksum was compared with that of the server. */
  readonly checked: boolean
}

/** What is known of a file on the server from a listing, and need not be asked for. */
export interface KnownFile {
  readonly size?: number | undefined
  readonly modified?: Date | undefined
}
