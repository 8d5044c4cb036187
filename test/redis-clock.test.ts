import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Diary } from './fixtures/diary.ts'
import { ProcessFleet, sleep } from './fixtures/process-fleet.ts'
import { describeRedis, RedisServer, redis } from './fixtures/redis-server.ts'

const LIMIT = 4_000_000
const COUNT = 4

/** The library of Debian's package, for whichever processor; undefined if it is not there. */
function fakeTime(): string | undefined {
  const folders = readdirSync('/usr/lib').filter((name) => name.includes('-linux-'))
  const folder = folders.find((name) => readdirSync(join('/usr/lib', name)).includes('faketime'))
  return folder && join('/usr/lib', folder, 'faketime', 'libfaketime.so.1')
}

const library = process.platform === 'linux' ? fakeTime() : undefined

/** A clock that is off by some seconds, which can be changed while a process runs by it. */
class Offset {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-clock-'))
  readonly #file = join(this.#folder, 'offset')
  readonly env = {
    FAKETIME_TIMESTAMP_FILE: this.#file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // jemalloc asks for the time before the library is ready, so memory is had of libc.
    LD_PRELOAD: `${library}:libc.so.6`,
  }

  set(seconds: number): void {
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
    renameSync(`${this.#file}.new`, this.#file)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const isValkey = !(redis instanceof Error) && redis.version.startsWith('Valkey')
if (isValkey || (library === undefined && !process.env.CI)) {
  const reason = isValkey ? 'Valkey can only be had with jemalloc' : 'apt-get install faketime'
  test.skip(`a fleet of processes while the clock of Redis jumps (skipped: ${reason})`, () => {})
} else {
  describeRedis(
    'a fleet of processes while the clock of Redis jumps',
    () => {
      test('goes on at its rate, ahead and back', { timeout: 60_000 }, async () => {
        if (library === undefined) throw new Error('Cannot make a clock jump: apt-get install faketime')
        using offset = new Offset()
        offset.set(0)
        await using server = await RedisServer.startWith({ env: offset.env })
        await using fleet = new ProcessFleet(LIMIT)
        await fleet.joinAll(COUNT, { url: server.url })
        await sleep(1000)
        const diary = new Diary()
        await diary.span('before', 1000)
        for (const seconds of [120, -120, 600, 0]) {
          await diary.span(`a clock that is off by ${seconds} s`, 2000, () => offset.set(seconds))
          const [now] = (await server.call('TIME')) as [string]
          expect(Math.abs(Number(now) - Date.now() / 1000 - seconds)).toBeLessThan(5)
        }
        const reports = await fleet.reports()
        diary.check(reports, LIMIT)
        // It is no outage.
        for (const { stats } of reports) expect(stats).toMatchObject({ members: COUNT, outages: 0 })
      })
    },
    2,
  )
}
