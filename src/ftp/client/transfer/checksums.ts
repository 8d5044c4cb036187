import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { ChecksumError } from '../../errors.ts'
import { blocksOf } from '../../transfer/send-file.ts'
import type { Checksum, ChecksumAlgorithm } from '../operations/checksum.ts'
import { LocalFile } from './local-file.ts'

/** What computes a checksum from bytes as they come. */
export interface Digest {
  update(bytes: Uint8Array): void
  /** Hexadecimal, in lower case. Nothing can be added then. */
  value(): string
}

export function digest(algorithm: ChecksumAlgorithm): Digest {
  if (algorithm === 'CRC32') {
    let value = 0
    return {
      update: (bytes) => {
        value = crc32(bytes, value)
      },
      value: () => value.toString(16).padStart(8, '0'),
    }
  }
  const hash = createHash(algorithm.toLowerCase().replace('-', ''))
  return { update: (bytes) => void hash.update(bytes), value: () => hash.digest('hex') }
}

/** @throws {ChecksumError} If the local file has another checksum than the one on the server. */
export async function compareFile(
  remote: string,
  local: string | Buffer,
  expected: Checksum,
  signal: AbortSignal,
): Promise<void> {
  const computed = digest(expected.algorithm)
  const file = await LocalFile.open(local, 'r')
  try {
    for await (const block of blocksOf(file)) {
      signal.throwIfAborted()
      computed.update(block)
    }
  } finally {
    await file.close()
  }
  compare(remote, computed, expected)
}

/** @throws {ChecksumError} If these bytes have another checksum than the file on the server. */
export function compareBytes(remote: string, bytes: Uint8Array, expected: Checksum): void {
  const computed = digest(expected.algorithm)
  computed.update(bytes)
  compare(remote, computed, expected)
}

/** @throws {ChecksumError} If they differ. */
export function compare(remote: string, computed: Digest, expected: Checksum): void {
  const actual = computed.value()
  if (actual !== expected.value) throw new ChecksumError(remote, expected.algorithm, expected.value, actual)
}
