import { formatSize } from '../../../../units.ts'
import { ProtocolError } from '../../../errors.ts'
import type { Checksum, ChecksumAlgorithm } from '../../operations/checksum.ts'
import { compare, digest } from '../checksums.ts'
import { isSameFile } from '../partial-mark.ts'
import type { KnownFile } from '../transfer-types.ts'
import type { Destination } from './destination.ts'

/** Memory. */
export class BytesDestination implements Destination {
  readonly canRestart = true
  readonly #maxLength: number
  #chunks: Buffer[] = []
  #position = 0
  #source: KnownFile | undefined
  #algorithm: ChecksumAlgorithm | undefined
  #failure: unknown

  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  get position(): number {
    return this.#position
  }

  /** What has come. */
  get content(): Buffer {
    return Buffer.concat(this.#chunks, this.#position)
  }

  isOwn(error: unknown): boolean {
    return error !== undefined && error === this.#failure
  }

  async whereToBegin(source: KnownFile): Promise<number> {
    if (this.#source && !isSameFile(this.#source, source)) await this.restart()
    this.#source = source
    this.#check(source.size ?? 0)
    return this.#position
  }

  async restart(): Promise<void> {
    this.#chunks = []
    this.#position = 0
  }

  expect(algorithm: ChecksumAlgorithm): void {
    this.#algorithm = algorithm
  }

  take(bytes: Buffer): void {
    this.#check(this.#position + bytes.length)
    this.#chunks.push(Buffer.from(bytes))
    this.#position += bytes.length
  }

  async flush(): Promise<void> {}

  async compare(remote: string, expected: Checksum): Promise<void> {
    if (this.#algorithm === undefined) return
    const computed = digest(this.#algorithm)
    for (const chunk of this.#chunks) computed.update(chunk)
    compare(remote, computed, expected)
  }

  async finish(): Promise<void> {}

  async abandon(): Promise<void> {
    await this.restart()
  }

  #check(length: number): void {
    if (length <= this.#maxLength) return
    this.#failure = new ProtocolError(
      'download into memory',
      `the file has more than ${formatSize(this.#maxLength)}, which 'maxLength' allows`,
    )
    throw this.#failure
  }
}
