import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ChecksumAlgorithm } from '../operations/checksum.ts'
import { compareFile, digest } from './checksums.ts'

/** Of "123456789", from the definitions of the algorithms. */
const CHECKS: readonly (readonly [ChecksumAlgorithm, string])[] = [
  ['CRC32', 'cbf43926'],
  ['MD5', '25f9e794323b453885f5181f1b624d0b'],
  ['SHA-1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['SHA-256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
]

for (const [algorithm, value] of CHECKS) {
  test(`digest() computes ${algorithm}, however the bytes are cut`, () => {
    for (const parts of [['123456789'], ['1', '', '2345', '6789']]) {
      const computed = digest(algorithm)
      for (const part of parts) computed.update(Buffer.from(part))
      expect(computed.value()).toBe(value)
    }
  })

  test(`compareFile() compares ${algorithm}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-checksum-'))
    const never = new AbortController().signal
    try {
      const path = join(folder, 'file')
      await writeFile(path, '123456789')
      await compareFile('remote', path, { algorithm, value }, never)
      await writeFile(path, '123456780')
      const run = compareFile('remote', path, { algorithm, value }, never)
      await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_CHECKSUM', path: 'remote', expected: value })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

test('digest() computes SHA-512, and keeps the zeros before a CRC32', () => {
  expect(digest('SHA-512').value()).toMatch(/^cf83e1357eefb8bd/)
  expect(digest('CRC32').value()).toBe('00000000')
})
