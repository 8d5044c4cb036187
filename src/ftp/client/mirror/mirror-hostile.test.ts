import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readTree, writeTree } from '../../../../test/fixtures/tree.ts'
import { answerFtp, type FtpAnswers, ScriptedPeer } from '../../../testing/index.ts'
import { ClientPool, type ClientPoolOptions } from '../pool/client-pool.ts'

let local: string

beforeEach(() => {
  local = mkdtempSync(join(tmpdir(), 'sluice-local-'))
})
afterEach(() => rmSync(local, { recursive: true, force: true }))

/** A pool for a server that answers so. */
async function withServer(
  answers: FtpAnswers,
  body: (pool: ClientPool) => Promise<void>,
  options: ClientPoolOptions = {},
): Promise<void> {
  await using peer = await ScriptedPeer.listen((session) => answerFtp(session, answers))
  await using pool = new ClientPool(peer.host, { port: peer.port, connections: 2, ...options })
  await body(pool)
}

const directory = '250-Listing\r\n type=dir; /x\r\n250 End'
const noMlst = '211-Features\r\n EPSV\r\n211 End'

test('ClientPool.mirror() removes nothing if a line of the listing can not be read', async () => {
  writeTree(local, { a: '1', old: '2' })
  const listing = 'type=file;size=1;modify=20200101000000; a\r\nwhat is this?\r\n'
  const answers = { MLST: directory, MLSD: (call: { serve(text: string): unknown }) => call.serve(listing) }
  await withServer(answers, async (pool) => {
    const summary = await pool.mirror('/x', local, { direction: 'download', delete: true })
    expect(summary).toMatchObject({ removed: 0, failed: [{ path: '/x', error: { code: 'ERR_SLUICE_FTP_PROTOCOL' } }] })
    await expect(
      pool.mirror('/x', local, { direction: 'download', delete: true, onError: 'stop' }),
    ).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_PROTOCOL' })
    expect(await pool.mirror('/x', local, { direction: 'download' })).toMatchObject({ failed: [], unchanged: 1 })
  })
  expect(readTree(local)).toEqual({ a: '1', old: '2' })
})

test('ClientPool.mirror() removes no name that the server may have left out of its listing', async () => {
  writeTree(local, { a: '1', '.hidden': '2', old: '3' })
  const answers: FtpAnswers = {
    FEAT: noMlst,
    LIST: (call) => {
      if (call.argument.startsWith('-')) return '501 No options here'
      return call.serve('-rw-r--r--   1 a a   1 Jan  1  2020 a\r\n')
    },
  }
  await withServer(answers, async (pool) => {
    const summary = await pool.mirror('/', local, { direction: 'download', delete: true })
    expect(summary).toMatchObject({ removed: 1, unchanged: 1, failed: [] })
  })
  expect(readTree(local)).toEqual({ a: '1', '.hidden': '2' })
})

test('ClientPool.mirror() removes nothing on the server by a name that is a path', async () => {
  const commands: string[] = []
  const answers: FtpAnswers = {
    MLST: directory,
    MLSD: (call) =>
      call.serve('type=file;size=1; /etc/passwd\r\ntype=file;size=1; ../up\r\ntype=dir; \r\ntype=file;size=1; b\r\n'),
  }
  const logger = ({ text }: { readonly text: string }) => void commands.push(text)
  await withServer(
    { ...answers, DELE: '250 Gone' },
    async (pool) => {
      expect(await pool.mirror(local, '/x', { direction: 'upload', delete: true })).toMatchObject({ removed: 1 })
    },
    { logger },
  )
  expect(commands.filter((text) => /^(DELE|RMD)/.test(text))).toEqual(['DELE /x/b'])
})

test('ClientPool.mirror() fails for each file whose checksum the server does not compute', async () => {
  writeTree(local, { a: '1' })
  const answers: FtpAnswers = { MLST: directory, MLSD: (call) => call.serve('type=file;size=1; a\r\n') }
  await withServer(answers, async (pool) => {
    const { failed } = await pool.mirror('/x', local, { direction: 'download', compare: 'checksum' })
    expect(failed).toMatchObject([{ path: '/x/a', error: { replyCode: 502 } }])
  })
})
