import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../../testing/virtual-clock.ts'
import { FileOrigin } from './file-origin.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-origin-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Puts another file in its place, as editors and rotating logs do. */
function replace(path: string, content: string): void {
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
}

async function contentOf(origin: FileOrigin): Promise<string> {
  const { size } = await origin.look()
  const chunks: Uint8Array[] = []
  for await (const chunk of origin.chunks(0)) chunks.push(Buffer.from(chunk))
  await origin.close()
  const content = Buffer.concat(chunks)
  expect(content.length).toBe(size)
  return content.toString().slice(0, 6)
}

describe('FileOrigin.prepare()', () => {
  for (const [kind, length] of [
    ['small', 6],
    ['large', 100_000],
  ] as const) {
    for (const [when, waited, expected] of [
      ['is what is sent within a second', 1000, 'before'],
      ['is looked at again after that', 1001, 'after!'],
    ] as const) {
      test(`a ${kind} file that was got ready ${when}`, async () => {
        const clock = new VirtualClock()
        const path = join(folder, 'file')
        writeFileSync(path, 'before'.padEnd(length))
        const origin = new FileOrigin(path, clock)
        await origin.prepare()
        await clock.run(() => clock.sleep(waited))
        replace(path, 'after!'.padEnd(length))
        expect(await contentOf(origin)).toBe(expected)
      })
    }
  }

  test('tells what goes wrong to who looks', async () => {
    const origin = new FileOrigin(join(folder, 'missing'), new VirtualClock())
    await origin.prepare()
    const failure: unknown = await origin.look().catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ENOENT' })
    expect(origin.isOwn(failure)).toBe(true)
    await origin.close()
  })
})
