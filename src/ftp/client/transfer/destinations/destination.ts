import type { Checksum, ChecksumAlgorithm } from '../../operations/checksum.ts'
import type { KnownFile } from '../transfer-types.ts'

/** Where a download goes. */
export interface Destination {
  /** How many bytes of the file are there. */
  readonly position: number
  /** Whether it can begin anew after bytes have come. */
  readonly canRestart: boolean
  /** Whether an error has come from here, so that a further attempt would be in vain. */
  isOwn(error: unknown): boolean
  /** Gets ready as far as it can without knowing anything of the file, while others have the connection. What goes wrong is told later. */
  prepare?(): void
  /**
   * Gets ready, and finds out how much there is of the file that `source` tells of, from an earlier attempt or an earlier download.
   *
   * @returns Where to go on, in bytes; 0 to begin anew.
   */
  whereToBegin(source: KnownFile): Promise<number>
  /** Begins anew, whatever is there. */
  restart(): Promise<void>
  /** A checksum will be asked for. */
  expect(algorithm: ChecksumAlgorithm): void
  /** Takes the next bytes, which are the caller's again when it has settled. */
  take(bytes: Buffer, signal: AbortSignal): Promise<void> | void
  /** Settles when all that was taken is in its place. */
  flush(signal: AbortSignal | undefined): Promise<void> | undefined
  /** @throws {ChecksumError} If the bytes are not those of the file. */
  compare(remote: string, expected: Checksum, signal: AbortSignal): Promise<void>
  /** All is there. @param modified The time of the file. */
  finish(modified: Date | undefined, signal: AbortSignal | undefined): Promise<void>
  /** The download has failed. */
  abandon(error: unknown): Promise<void>
}
