import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { serve } from './cli-ftp-server.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const MIB = 2 ** 20

/** A server for anybody, as the examples expect one. */
const serveAnybody = () => serve({ users: [], anonymous: true })

/** Runs an example as a program of its own. */
async function run(name: string, ...args: readonly (string | number)[]) {
  const startedAt = performance.now()
  const command = ['--import', 'tsx', `examples/${name}.ts`, '127.0.0.1', ...args.map(String)]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { cwd: root })
  expect(stderr).toBe('')
  return { stdout, took: performance.now() - startedAt }
}

test('examples/stream-iteration.ts shows lines, and copies blocks', async () => {
  await using served = await serveAnybody()
  const lines = Array.from({ length: 500 }, (_, i) => `line ${i} of it`)
  writeFileSync(served.there('large_file.txt'), `${lines.join('\r\n')}\n`)
  const { stdout } = await run('stream-iteration', served.port)
  expect(stdout).toBe(lines.map((line) => `Processed: ${line.toUpperCase()}\n`).join(''))
  expect(readFileSync(served.there('output_file.txt'), 'utf8')).toBe(`${lines.join('\r\n')}\n`.toUpperCase())
})

test('examples/advanced-throttling.ts uploads under both throttles', async () => {
  await using served = await serveAnybody()
  const [small, large] = [randomBytes(5000), randomBytes(MIB / 2)]
  writeFileSync(served.here('small_file.txt'), small)
  writeFileSync(served.here('large_file.txt'), large)
  const { stdout, took } = await run('advanced-throttling', served.port, served.here(''))
  expect(stdout).toBe(`Fast: ${small.length + large.length} bytes, slow: ${large.length} bytes\n`)
  expect(readFileSync(served.there('small_remote.txt')).equals(small)).toBe(true)
  expect(readFileSync(served.there('large_file.txt')).equals(large)).toBe(true)
  // 2 s at 256 KiB/s, less what the bucket holds at first.
  expect(took).toBeGreaterThan(1900)
})

test('examples/custom-stream-processing.ts watches a download', async () => {
  await using served = await serveAnybody()
  const bytes = randomBytes(2.5 * MIB)
  writeFileSync(served.there('large_file.zip'), bytes)
  const { stdout, took } = await run('custom-stream-processing', served.port, served.here(''))
  expect(readFileSync(served.here('downloaded_file.zip')).equals(bytes)).toBe(true)
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  for (const line of lines.slice(0, 2)) expect(line).toMatch(/^Transferred \d+ bytes at [\d.]+ [MK]iB\/s$/)
  expect(lines.at(-1)).toBe(`Done after ${bytes.length} bytes`)
  expect(took).toBeGreaterThan(1200)
})
