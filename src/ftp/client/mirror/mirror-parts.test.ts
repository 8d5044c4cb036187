import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Server } from '../../server/index.ts'
import { ClientPool } from '../pool/client-pool.ts'
import type { MirrorOptions } from './mirror-types.ts'

const OURS = Buffer.alloc(10_000, 'N')
const THEIRS = Buffer.alloc(5000, 'O')
const day = (number: number) => new Date(Date.UTC(2024, 0, number))

let root: string
let local: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-served-'))
  local = mkdtempSync(join(tmpdir(), 'sluice-local-'))
  mkdirSync(join(root, 'x'))
})
afterEach(() => {
  for (const folder of [root, local]) rmSync(folder, { recursive: true, force: true })
})

function put(folder: string, content: Buffer, modified: Date): void {
  writeFileSync(join(folder, 'f'), content)
  utimesSync(join(folder, 'f'), modified, modified)
}

/** Mirrors the local folder to the server, with files that its users may not read if told so. */
async function mirror(options: Partial<MirrorOptions> = {}, mayRead = true) {
  const actions = ['list', 'write', 'append', 'delete', 'rename', 'make', 'change'] as const
  const permissions = mayRead ? {} : { permissions: actions }
  await using server = new Server({ root, users: [{ name: 'a', password: 'b', ...permissions }] })
  const { host, port } = await server.listen()
  await using pool = new ClientPool(host, { port, user: 'a', password: 'b' })
  return await pool.mirror(local, '/x', { direction: 'upload', ...options })
}

const there = () => readFileSync(join(root, 'x', 'f'))

describe('ClientPool.mirror() by upload, where a shorter file is there', () => {
  for (const resume of [undefined, true]) {
    const options = { resume }

    test(`replaces one that was written on the server, with ${JSON.stringify(options)}`, async () => {
      put(local, OURS, day(1))
      put(join(root, 'x'), THEIRS, new Date(Date.now() + 86_400_000))
      expect(await mirror(options)).toMatchObject({ files: 1, resumed: 0, failed: [] })
      expect(there().equals(OURS)).toBe(true)
      expect(await mirror(options)).toMatchObject({ files: 0, unchanged: 1 })
    })

    test(`replaces a former version, when an older and longer one is in the place of it, with ${JSON.stringify(options)}`, async () => {
      put(local, THEIRS, day(3))
      await mirror()
      put(local, OURS, day(2))
      expect(await mirror(options)).toMatchObject({ files: 1, resumed: 0, failed: [] })
      expect(there().equals(OURS)).toBe(true)
    })
  }

  const tomorrow = () => new Date(Date.now() + 86_400_000)

  test('goes on with a part of the file', async () => {
    put(local, OURS, day(1))
    put(join(root, 'x'), OURS.subarray(0, 4000), tomorrow())
    expect(await mirror()).toMatchObject({ resumed: 1, bytes: 6000 })
    expect(there().equals(OURS)).toBe(true)
    expect(statSync(join(root, 'x', 'f')).mtimeMs).toBe(Number(day(1)))
  })

  for (const { resume, resumed } of [{ resumed: 0 }, { resume: true, resumed: 1 }]) {
    test(`goes on with what can not be read only if told to: ${resume ?? false}`, async () => {
      put(local, OURS, day(1))
      put(join(root, 'x'), OURS.subarray(0, 4000), tomorrow())
      expect(await mirror({ resume }, false)).toMatchObject({ files: 1, resumed, failed: [] })
      expect(there().equals(OURS)).toBe(true)
    })
  }
})
