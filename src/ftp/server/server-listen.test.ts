import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { ClosedError } from '../../errors.ts'
import { Server, type ServerOptions } from './index.ts'

async function start(options: ServerOptions = {}) {
  const server = new Server(options)
  const { port } = await server.listen()
  return { server, port }
}

test('new Server({ root }) means the folder that has that path then, wherever the process is when it listens', async () => {
  const [base, before] = [await mkdtemp(join(tmpdir(), 'sluice-root-')), process.cwd()]
  try {
    await mkdir(join(base, 'root'))
    process.chdir(base)
    await using server = new Server({ root: 'root' })
    process.chdir(before)
    await server.listen()
  } finally {
    process.chdir(before)
    await rm(base, { recursive: true })
  }
})

test('Server.listen() rejects when its root is no directory, and works once it is one', async () => {
  const base = await mkdtemp(join(tmpdir(), 'sluice-root-'))
  try {
    const root = join(base, 'root')
    const missing = new Server({ root })
    await expect(missing.listen()).rejects.toMatchObject({
      code: 'ENOENT',
      message: `Cannot serve ${JSON.stringify(root)}: no such file or directory`,
    })
    expect(missing.address).toBe(undefined)
    await writeFile(root, '')
    await expect(missing.listen()).rejects.toMatchObject({ code: 'ENOTDIR' })
    await rm(root)
    await mkdir(root)
    const { port } = await missing.listen()
    await using _ = missing
    await using client = await LineClient.login(port)
    await client.command('PWD', 257)
    const early = new Server({ root })
    const listening = early.listen()
    await early.close()
    await expect(listening).rejects.toBeInstanceOf(ClosedError)
    expect(early.address).toBe(undefined)
  } finally {
    await rm(base, { recursive: true })
  }
})

test('Server.close() ends a listen() that is under way', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const server = new Server()
    const listening = server.listen({ host })
    listening.catch(() => {})
    await server.close()
    await expect(listening).rejects.toBeInstanceOf(ClosedError)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.address).toBeUndefined()
  }
})

test('Server.listen() tells what is wrong', async () => {
  const { server, port } = await start()
  await using _ = server
  await expect(server.listen()).rejects.toThrow(TypeError)
  const second = new Server()
  await expect(second.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await expect(second.listen({ port: 65_536 })).rejects.toThrow(RangeError)
  const reason = new Error('no')
  await expect(second.listen({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  // A failure can be mended.
  expect((await second.listen()).port).toBeGreaterThan(0)
  await second.close()
})
