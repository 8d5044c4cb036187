import { spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { Budget, SharedThrottle } from 'sluice/redis'
import { expect, test, vi } from 'vitest'
import { cleanEnv, MAIN, type Running, start, startSluice } from './cli-sluice.ts'
import { connect, draw, join, open, startRedis } from './fixtures/budget-members.ts'
import { describeRedis } from './fixtures/redis-server.ts'

// Each test starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })
const MIB = 2 ** 20
/** Up, and clear what is left. */
const IN_PLACE = new RegExp(`${'\x1b'}\\[(\\d+A|[KJ])`, 'g')
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** `script` of util-linux gives a program a terminal; that of BSD has other options. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true
const skipped = !hasScript && !process.env.CI
if (skipped) console.warn('Skipped: the tests of budgets on a terminal need script(1) of util-linux')

/** `sluice budget watch` in a pipe, line by line. */
function watch(...args: string[]) {
  const running = startSluice(['budget', 'watch', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnv() })
  open.push(() => running.child.kill('SIGKILL'))
  if (!running.child.stdout) throw new Error('There is no pipe')
  const lines = createInterface(running.child.stdout)[Symbol.asyncIterator]()
  /** The next line that is as expected. */
  const until = async (isExpected: (line: string) => boolean): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error(`It ended: ${(await running.ended).stderr}`)
      if (isExpected(value)) return value
    }
  }
  return { ...running, until }
}

async function interrupt({ child, ended }: Running): Promise<number | null> {
  child.kill('SIGINT')
  return (await ended).code
}

describeRedis(
  'sluice budget in a pipe',
  () => {
    test('watch writes a line at each look where stdout is no terminal, and ends with 130', async () => {
      const server = await startRedis()
      const watching = watch(`${server.url}/uplink`, '--interval', '200ms')
      expect(await watching.until(() => true)).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ uplink: there is no such budget: waiting for it$/,
      )
      draw(await join(server, 'web'))
      const late = await join(server, 'late')
      expect(await watching.until((line) => line.includes('late'))).toMatch(
        / uplink: .* of 4 MiB\/s \(\d+%\); 2 members: /,
      )
      await late.close()
      await watching.until((line) => line.includes('1 member: late gone, web '))
      await new Budget(await connect(server), 'uplink').pause()
      await watching.until((line) => line.endsWith('; paused: nothing passes'))
      expect(await interrupt(watching)).toBe(130)
    })

    test('watch --json survives an outage of Redis, and says so', async () => {
      const server = await startRedis()
      draw(await join(server, 'web'))
      const watching = watch(`${server.url}/uplink`, '--interval', '250ms', '--json')
      const event = async (name: string) => JSON.parse(await watching.until((line) => JSON.parse(line).event === name))
      const first = await event('state')
      expect(first).toMatchObject({ name: 'uplink', limitBytesPerSecond: 4 * MIB, members: [{ name: 'web' }] })
      expect(Math.abs(Date.parse(first.time) - Date.now())).toBeLessThan(60_000)
      await server.kill()
      expect(await event('outage')).toMatchObject({ name: 'uplink', outageMs: expect.any(Number) })
      // After 5 s it connects anew, and hears why it can't.
      await watching.until((line) => JSON.parse(line).reason === 'nothing listens there (ECONNREFUSED)')
      await server.start()
      expect(await event('state')).toMatchObject({ limitBytesPerSecond: 4 * MIB })
      expect(await interrupt(watching)).toBe(130)
    })

    test('watch tells an outage once, and that it is over', async () => {
      const server = await startRedis()
      draw(await join(server, 'web'))
      const watching = watch(`${server.url}/uplink`, '--interval', '250ms')
      await watching.until((line) => line.includes('1 member'))
      server.signal('SIGSTOP')
      await watching.until((line) => /uplink: no answer from Redis for 0:0\d$/.test(line))
      await sleep(1000)
      server.signal('SIGCONT')
      expect(await watching.until((line) => !line.includes('1 member'))).toMatch(/uplink: Redis is back after 0:0\d$/)
      await watching.until((line) => line.includes('1 member'))
      expect(await interrupt(watching)).toBe(130)
    })

    test('watch ends with 141 when its reader has gone', async () => {
      const server = await startRedis()
      await new Budget(await connect(server), 'a').setLimit(1000)
      const watching = watch(`${server.url}/a`, '--interval', '100ms')
      await watching.until(() => true)
      watching.child.stdout?.destroy()
      expect((await watching.ended).code).toBe(141)
    })
  },
  1,
)

/** `sluice budget` on a terminal of its own. */
function onTerminal(size: string, env: NodeJS.ProcessEnv, ...args: string[]) {
  const program = [process.execPath, MAIN, 'budget', ...args].join(' ')
  const cleaned = cleanEnv({ TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', ...env })
  // Node takes a terminal under CI for one without colours.
  delete cleaned.CI
  const running = start('script', ['-qec', `stty ${size}; exec ${program}`, '/dev/null'], {
    ...{ env: cleaned, stdio: ['pipe', 'pipe', 'pipe'] },
  })
  open.push(() => running.child.kill('SIGKILL'))
  let seen = ''
  running.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    seen += text
  })
  const lines = () =>
    stripVTControlCharacters(seen)
      .split(/[\r\n]+/)
      .filter(Boolean)
  return {
    get seen() {
      return seen
    },
    lines,
    /** Settles when there is a line as expected. */
    async until(expected: RegExp): Promise<void> {
      await expect.poll(() => lines().some((line) => expected.test(line)), { timeout: 15_000 }).toBe(true)
    },
    /** Presses Ctrl-C. */
    async interrupt(): Promise<number | null> {
      running.child.stdin?.write('\x03')
      return (await running.ended).code
    },
    ended: running.ended,
  }
}

if (!skipped) {
  describeRedis(
    'sluice budget on a terminal',
    () => {
      test('watch draws its members, who comes and who goes, and the sum', async () => {
        const server = await startRedis()
        for (const name of ['web-1', 'web-2']) draw(await join(server, name))
        const args = ['watch', `${server.url}/uplink`, '--interval', '250ms']
        const terminal = onTerminal('cols 90 rows 20', {}, ...args)
        await terminal.until(/^uplink {2}4 MiB\/s {2}2 members *$/)
        const late = await join(server, 'late')
        draw(late)
        await terminal.until(/^\+ late +1 /)
        await late.close()
        await terminal.until(/^- late +1 +- .* gone *$/)
        expect(await terminal.interrupt()).toBe(130)
        const lines = terminal.lines()
        const has = (line: RegExp) =>
          expect(
            lines.some((each) => line.test(each)),
            `${line}`,
          )
        has(/^ {2}member {2} +weight +rate +waiting {2}state *$/).toBe(true)
        has(/^ {2}web-1 +1 +[\d.]+ [KM]iB\/s {2}[ ▁▂▃▄▅▆▇█]{40} {8}1 {2}heavy *$/).toBe(true)
        has(/^ {2}total +2 +[\d.]+ [KM]iB\/s {2}[█▏▎▍▌▋▊▉░]{40} {2}\d+% *$/).toBe(true)
        // Calm: what is told keeps its place.
        expect(new Set(lines.filter((line) => /web-1/.test(line)).map((line) => line.indexOf('heavy'))).size).toBe(1)
        expect(new Set(lines.filter((line) => /total/.test(line)).map((line) => line.search(/[█▏▎▍▌▋▊▉░]/))).size).toBe(
          1,
        )
        expect(terminal.seen).toMatch(/\[\d+A/)
        expect(terminal.seen).toContain('\x1b[36m')
        // The picture stays, and the cursor is below it.
        expect(terminal.seen).toMatch(/\n.*\r.*$/)
        expect(lines.at(-1)?.trim()).toMatch(/^(\^C)?$|total/)
      })

      test('watch shows the busiest in few lines, without colours if so asked, and no foreign escapes', async () => {
        const server = await startRedis()
        const client = await connect(server)
        for (let i = 0; i < 12; i++) {
          const throttle = new SharedThrottle(client, 'uplink', { limit: '4MiB/s', member: `idler-${i}` })
          open.push(() => throttle.close())
          await throttle.ready()
        }
        draw(await join(server, 'zz-busy'))
        // A name that no sluice would take: whoever may write to Redis can put it there.
        const [record = ''] = await client.hVals('sluice:{uplink}:members')
        await client.hSet('sluice:{uplink}:members', 'a\x1b]0;owned\x07\n', record)
        const env = { NO_COLOR: '1', LC_ALL: 'C' }
        const terminal = onTerminal('cols 60 rows 9', env, 'watch', `${server.url}/uplink`)
        await terminal.until(/^ {2}zz-busy .* heavy/)
        await terminal.until(/^ {2}and \d+ more/)
        expect(await terminal.interrupt()).toBe(130)
        // What moves the cursor and clears what is left are the only escape sequences.
        expect(terminal.seen.replaceAll(IN_PLACE, '')).toMatch(/^[\x20-\x7e\r\n]*$/)
        for (const line of terminal.lines()) expect(line.length).toBeLessThan(60)
        // No picture is higher than the terminal.
        for (const [, up] of terminal.seen.matchAll(/\[(\d+)A/g)) expect(Number(up)).toBeLessThan(9)
      })

      test('watch tells of an outage in its place, and goes on', async () => {
        const server = await startRedis()
        draw(await join(server, 'web'))
        const terminal = onTerminal('cols 90 rows 20', {}, 'watch', `${server.url}/uplink`, '--interval', '250ms')
        await terminal.until(/1 member *$/)
        await server.kill()
        await terminal.until(/^uplink .* no answer from Redis for 0:01 *$/)
        await terminal.until(/^uplink .* no answer from Redis for 0:\d\d: nothing listens there \(ECONNREFUSED\) *$/)
        const before = terminal.lines().length
        await server.start()
        await expect
          .poll(
            () =>
              terminal
                .lines()
                .slice(before)
                .some((line) => /^uplink {2}4 MiB\/s {2}1 member *$/.test(line)),
            {
              timeout: 15_000,
            },
          )
          .toBe(true)
        expect(await terminal.interrupt()).toBe(130)
      })

      test('watch waits for a budget; show and ls have colours; a dumb terminal gets lines', async () => {
        const server = await startRedis()
        const size = 'cols 80 rows 20'
        const waiting = onTerminal(size, {}, 'watch', `${server.url}/uplink`, '--interval', '200ms')
        await waiting.until(/^uplink {2}there is no such budget: waiting for it$/)
        await join(server, 'web', { weight: 2 })
        await waiting.until(/^ {2}web +2 /)
        expect(await waiting.interrupt()).toBe(130)
        const ls = onTerminal(size, {}, 'ls', server.url)
        expect((await ls.ended).code).toBe(0)
        expect(ls.seen).toContain('\x1b[2mbudget')
        const show = onTerminal(size, {}, 'show', `${server.url}/uplink`)
        expect((await show.ended).code).toBe(0)
        expect(show.seen).toContain('\x1b[2mmember')
        const dumb = onTerminal(size, { TERM: 'dumb' }, 'watch', `${server.url}/uplink`)
        await dumb.until(/^\d{4}-.*Z uplink: [\d.]+ K?i?B\/s of 4 MiB\/s \(\d%\); 1 member: web [\d.]+ K?i?B\/s$/)
        expect(await dumb.interrupt()).toBe(130)
        expect(dumb.seen).not.toContain('\x1b')
      })
    },
    1,
  )
}
