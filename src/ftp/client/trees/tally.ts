import type { Clock } from '../../../clock.ts'
import type { FileResult, TransferFailure, TransferSummary } from '../transfer/transfer-types.ts'

/** Counts what a transfer of a tree does. */
export class Tally {
  readonly #clock: Clock
  readonly #start: number
  readonly failed: TransferFailure[] = []
  files = 0
  directories = 0
  bytes = 0
  resumed = 0
  checked = 0
  /** Files that are the same on both sides. */
  unchanged = 0
  /** What can't be transferred, or is not to be: links, devices, parts of files. */
  left = 0
  made = 0
  removed = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#start = clock.now()
  }

  add(file: FileResult): void {
    this.files++
    this.bytes += file.bytes
    if (file.resumed) this.resumed++
    if (file.checked) this.checked++
  }

  summary(): TransferSummary {
    const duration = this.#clock.now() - this.#start
    return {
      files: this.files,
      directories: this.directories,
      bytes: this.bytes,
      skipped: this.unchanged + this.left,
      resumed: this.resumed,
      checked: this.checked,
      failed: this.failed,
      duration,
      rate: duration > 0 ? (this.bytes / duration) * 1000 : 0,
    }
  }
}
