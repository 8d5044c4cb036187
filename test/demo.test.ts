import { mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { cleanEnv, start, temporaryFolder } from './cli-sluice.ts'

const DEMO = fileURLToPath(new URL('../scripts/demo.js', import.meta.url))

function startDemo(folder: { path: (name: string) => string }) {
  mkdirSync(folder.path('tmp'))
  return start(process.execPath, [DEMO], { env: cleanEnv({ TMPDIR: folder.path('tmp') }) })
}

test('npm run demo moves a file and a tree at their limits, and cleans up', async () => {
  using folder = temporaryFolder()
  const { code, stdout, stderr } = await startDemo(folder).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const text = stdout.toString()
  expect(text.match(/^ {3}hash {11}SHA-256 matches$/gm)).toHaveLength(2)
  expect(text).toMatch(/^ {3}limit {10}8\.00 MiB\/s$/m)
  expect(text).toMatch(/^ {3}worst 100 ms {3}[\d.]+ MiB\/s {3}[\d.]+ of the limit$/m)
  expect(text).toMatch(/^ {18}Other work on the machine makes this worse: load \d+\.\d\d on \d+ processors$/m)
  expect(text).toMatch(/^ {3}without limit {2}[\d.]+ [MG]iB\/s {3}[\d.]+ of the limit$/m)
  const [, ratio] = /^ {3}mean {11}[\d.]+ MiB\/s {3}([\d.]+) of the limit$/m.exec(text) ?? []
  // A machine that stalls makes less of it, but never more.
  expect(Number(ratio)).toBeGreaterThan(0.7)
  expect(Number(ratio)).toBeLessThan(1.01)
  expect(text).toMatch(/^ {3}tree {11}68 files in 4 folders, 9\.\d\d MiB$/m)
  expect(text).toMatch(/^ {3}listening on {3}ftp:\/\/127\.0\.0\.1:\d+$/m)
  expect(text.match(/^ {3}hash {11}SHA-256 of all 68 files matches$/gm)).toHaveLength(2)
  // Connecting and listing take their time; no more than the limit passes.
  const rates = [
    ...text.matchAll(/^ {3}limit {10}4\.00 MiB\/s\n {3}mean {11}[\d.]+ MiB\/s {3}([\d.]+) of the limit$/gm),
  ]
  expect(rates).toHaveLength(2)
  for (const [, ratio] of rates) {
    expect(Number(ratio)).toBeGreaterThan(0.5)
    expect(Number(ratio)).toBeLessThan(1.02)
  }
  expect(readdirSync(folder.path('tmp'))).toEqual([])
})

test.skipIf(process.platform === 'win32')('npm run demo cleans up at SIGINT, too', async () => {
  using folder = temporaryFolder()
  const { child, ended } = startDemo(folder)
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (text: Buffer) => {
      if (text.includes('3. Over TCP, at')) resolve()
    })
  })
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
  expect(readdirSync(folder.path('tmp'))).toEqual([])
})
