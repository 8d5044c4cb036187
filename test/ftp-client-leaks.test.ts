import { fileURLToPath } from 'node:url'
import type { ClientOptions } from 'sluice/ftp'
import type { FtpAnswers, FtpCall } from 'sluice/testing'
import { expect, test } from 'vitest'
import { succeed } from './fixtures/foreign/program.ts'
import { localhost } from './fixtures/loopback.ts'
import { ftpPeer } from './fixtures/scripted-ftp.ts'

const program = fileURLToPath(new URL('fixtures/give-up-rounds.ts', import.meta.url))

function* forever(chunk: string): Generator<string> {
  for (;;) yield chunk
}

const endless = async (call: FtpCall, chunk: string) => {
  await call.reply('150 Here it comes')
  const data = await call.data().catch(() => undefined) // the client may have gone
  await data?.sendForever(forever(chunk))
  return '426 Broken off'
}

const answers: FtpAnswers = {
  RETR: (call) => {
    if (call.argument === 'refused') return '550 No'
    return call.argument === 'endless' ? endless(call, 'x'.repeat(10_000)) : call.serve('content')
  },
  STOR: async (call) => {
    await call.reply('150 Send it')
    const data = await call.data().catch(() => undefined)
    await data?.silence()
    if (data && !data.error) data.end()
    return data && !data.error ? '226 Done' : '426 Broken off'
  },
  MLSD: (call) => endless(call, 'type=file;size=1; name\r\n'.repeat(100)),
}

const modes: ClientOptions[] = [{ mode: 'passive' }, { mode: 'active' }, { tls: 'explicit' }]
for (const options of modes) {
  test(`Client leaves nothing behind in 1,000 transfers that end in all ways (${JSON.stringify(options)})`, async () => {
    await using peer = await ftpPeer(answers, { tls: localhost })
    const args = ['--expose-gc', '--import', 'tsx', program, String(peer.port), JSON.stringify(options)]
    const { stdout } = await succeed(process.execPath, args, { timeout: 60_000 })
    const { before, after, warnings } = JSON.parse(String(stdout))
    // The one timer of the control connection may be set, or not, before as after.
    expect({ ...after.resources, Timeout: 0 }).toEqual({ ...before.resources, Timeout: 0 })
    expect(after.resources.Timeout ?? 0).toBeLessThanOrEqual(1)
    // A leak of a socket's buffers alone would be 16 MB.
    expect(after.heap - before.heap).toBeLessThan(1_500_000)
    expect(warnings).toEqual([])
    expect(peer.sessions).toHaveLength(1)
  }, 60_000)
}
