import { describe, expect, test } from 'vitest'
import { RemoteFiles } from '../../../../test/fixtures/remote-files.ts'
import { answerFtp, ScriptedPeer } from '../../../testing/index.ts'
import { clientSettings } from '../client-options.ts'
import { Connection } from '../connection.ts'
import type { Destination } from './destinations/destination.ts'
import { download } from './download.ts'
import { transferSettings } from './transfer-settings.ts'

const TEXT = 'the quick brown fox jumps over the lazy dog'

/** A destination that fails at one of its methods. */
class Failing implements Destination {
  readonly canRestart = true
  readonly position = 0
  readonly calls: string[] = []
  readonly #at: keyof Destination
  readonly #error: unknown

  constructor(at: keyof Destination, error: unknown) {
    this.#at = at
    this.#error = error
  }

  isOwn(error: unknown): boolean {
    return error === this.#error
  }

  async whereToBegin(): Promise<number> {
    this.#call('whereToBegin')
    return 0
  }

  async restart(): Promise<void> {
    this.#call('restart')
  }

  expect(): void {}

  async take(): Promise<void> {
    this.#call('take')
  }

  async flush(): Promise<void> {
    this.#call('flush')
  }

  async compare(): Promise<void> {}

  async finish(): Promise<void> {
    this.#call('finish')
  }

  async abandon(error: unknown): Promise<void> {
    expect(error).toBe(this.#error)
    this.#call('abandon')
  }

  #call(name: keyof Destination): void {
    this.calls.push(name)
    if (name === this.#at) throw this.#error
  }
}

describe('download() to what fails', () => {
  for (const at of ['whereToBegin', 'take', 'flush', 'finish'] as const) {
    for (const code of ['ENOSPC', 'EPIPE']) {
      test(`tells ${code} of ${at}(), tries nothing again, and leaves the connection in order`, async () => {
        const remote = new RemoteFiles()
        remote.put('file', TEXT)
        await using peer = await ScriptedPeer.listen((session) => answerFtp(session, remote.answers()))
        const connection = await Connection.open(clientSettings(peer.host, { port: peer.port }), undefined)
        const error = Object.assign(new Error(code), { code })
        const destination = new Failing(at, error)
        const settings = transferSettings({ retry: { attempts: 3, delay: 1 } })
        await expect(download(connection, 'file', destination, { settings })).rejects.toBe(error)
        expect(destination.calls.filter((call) => call === at)).toHaveLength(1)
        expect(destination.calls.at(-1)).toBe('abandon')
        await connection.run({}, (session) => session.command('SIZE', 'file'))
        connection.close()
      })
    }
  }
})
