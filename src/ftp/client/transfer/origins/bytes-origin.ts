import type { Checksum } from '../../operations/checksum.ts'
import { compareBytes } from '../checksums.ts'
import type { Origin, OriginFile } from './origin.ts'

/** Bytes in memory, which must stay as they are. */
export class BytesOrigin implements Origin {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  canBeginAt(position: number): boolean {
    return position <= this.#bytes.length
  }

  isOwn(): boolean {
    return false
  }

  async look(): Promise<OriginFile> {
    return { size: this.#bytes.length }
  }

  expect(): void {}

  chunks(position: number): Iterable<Uint8Array> {
    return [this.#bytes.subarray(position)]
  }

  async compare(remote: string, expected: Checksum): Promise<void> {
    compareBytes(remote, this.#bytes, expected)
  }

  async close(): Promise<void> {}
}
