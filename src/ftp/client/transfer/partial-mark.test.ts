import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isSameFile, readMark, writeMark } from './partial-mark.ts'
import type { KnownFile } from './transfer-types.ts'

const at = (ms: number) => new Date(1_700_000_000_000 + ms)

const pairs: { one: KnownFile; other: KnownFile; same: boolean }[] = [
  { one: { size: 1 }, other: { size: 1 }, same: true },
  { one: { size: 1 }, other: { size: 2 }, same: false },
  { one: { modified: at(0) }, other: { modified: at(999) }, same: true },
  { one: { modified: at(0) }, other: { modified: at(1000) }, same: false },
  { one: { size: 1, modified: at(0) }, other: { size: 1, modified: at(0) }, same: true },
  { one: { size: 1, modified: at(0) }, other: { size: 1, modified: at(5000) }, same: false },
  { one: { size: 1, modified: at(0) }, other: { size: 2, modified: at(0) }, same: false },
  { one: { size: 1, modified: at(0) }, other: { size: 1 }, same: true },
  { one: { size: 1 }, other: { modified: at(0) }, same: false },
  { one: {}, other: {}, same: false },
]
for (const { one, other, same } of pairs) {
  test(`isSameFile() is ${same} for ${JSON.stringify(one)} and ${JSON.stringify(other)}`, () => {
    expect([isSameFile(one, other), isSameFile(other, one)]).toEqual([same, same])
  })
}

describe('readMark()', () => {
  test('gives back what writeMark() has written, and nothing for anything else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-mark-'))
    try {
      const path = join(folder, 'mark')
      expect(await readMark(path)).toBe(undefined)
      for (const mark of [{ size: 5, modified: at(7) }, { size: 0 }, {}]) {
        await writeMark(path, mark)
        expect(await readMark(path)).toEqual({ size: mark.size, modified: mark.modified })
      }
      for (const text of ['', '{"size":', 'null', '5', '[]', '{"size":"5","modified":5}']) {
        await writeFile(path, text)
        const mark = await readMark(path)
        expect(mark && isSameFile(mark, { size: 5, modified: at(0) })).toBeFalsy()
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
