import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Server } from '../../ftp/server/index.ts'
import { readTransferOptions } from '../transfer/transfer-options.ts'
import { actionLine, readEnds, runMirror } from './run-mirror.ts'

test('readEnds() tells the direction', () => {
  expect(readEnds('ftp://h/a/', 'b')).toMatchObject({ direction: 'download', folder: 'b', url: { path: 'a' } })
  expect(readEnds('b', 'ftp://h/a')).toMatchObject({ direction: 'upload', folder: 'b', url: { path: 'a' } })
})

test.each([
  ['a', 'b', 'none of them is a URL'],
  ['ftp://h', 'ftp://i', 'both are URLs'],
  ['', 'ftp://i', 'it must be the path of a folder'],
])('readEnds() refuses %s and %s', (from, to, says) => {
  expect(() => readEnds(from, to)).toThrow(says)
})

test('actionLine() tells what is done, to people and programs', () => {
  const upload = { action: 'upload', path: 'a/\nb', reason: 'missing', size: 2048 } as const
  expect(actionLine(upload, false)).toBe('upload            a/\\u000ab (2.00 KiB): missing\n')
  expect(JSON.parse(actionLine(upload, true))).toEqual(upload)
  const make = { action: 'make-directory', path: '', reason: 'missing', size: undefined } as const
  expect(actionLine(make, false)).toBe('make-directory    .: missing\n')
  expect(JSON.parse(actionLine(make, true))).toMatchObject({ path: '', size: null })
})

test('runMirror() says that there was nothing to do, not how fast', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mirror-'))
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    mkdirSync(join(folder, 'root'))
    mkdirSync(join(folder, 'from'))
    writeFileSync(join(folder, 'from/a'), '1')
    await using server = new Server({ root: join(folder, 'root') })
    const { port } = await server.listen()
    const ends = readEnds(join(folder, 'from'), `ftp://127.0.0.1:${port}/to`)
    const told = async (more: Record<string, unknown> = {}) => {
      stderr.mockClear()
      const how = { remove: true, dryRun: false, atomic: false, compare: 'time-and-size' } as const
      expect(await runMirror({ ...readTransferOptions({ progress: true, ...more }), ...ends, ...how })).toBe(0)
      return String(stderr.mock.calls.at(-1)?.[0])
    }
    expect(await told()).toMatch(/^sluice: 1 file, 1 B in .* B\/s\n$/)
    expect(await told()).toMatch(/^sluice: nothing to do, 1 file is the same, in [\d.]+ m?s\n$/)
    expect(JSON.parse(await told({ json: true, progress: false }))).toMatchObject({ outcome: 'done', unchanged: 1 })
    symlinkSync('a', join(folder, 'from/link'))
    writeFileSync(join(folder, 'from/b'), '2')
    expect(await told()).toMatch(/^sluice: 1 file, 1 B/)
    expect(await told()).toMatch(/^sluice: nothing to do, 2 files are the same, 1 skipped, in/)
    rmSync(join(folder, 'from/a'))
    expect(await told()).toMatch(/1 removed/)
  } finally {
    stderr.mockRestore()
    rmSync(folder, { recursive: true, force: true })
  }
})
