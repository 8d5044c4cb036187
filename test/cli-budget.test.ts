import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { createClient } from '@redis/client'
import { Flow } from 'sluice'
import { Budget, SharedThrottle, type SharedThrottleOptions } from 'sluice/redis'
import { afterEach, expect, test, vi } from 'vitest'
import { cleanEnv, MAIN, type Running, sluice, start, startSluice, temporaryFolder } from './cli-sluice.ts'
import { describeRedis, RedisServer } from './fixtures/redis-server.ts'

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

/** What is to be closed after a test, last first. */
const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function startRedis(...args: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...args)
  open.push(() => server.stop())
  return server
}

async function connect({ url }: RedisServer) {
  const client = createClient({ url, socket: { reconnectStrategy: 50 } })
  client.on('error', () => {})
  await client.connect()
  open.push(() => client.destroy())
  return client
}

/** A member of the budget "uplink". */
async function join(server: RedisServer, member: string, options: Partial<SharedThrottleOptions> = {}) {
  const throttle = new SharedThrottle(await connect(server), 'uplink', { limit: '4MiB/s', member, ...options })
  throttle.on('outage', () => {})
  open.push(() => throttle.close())
  await throttle.ready()
  return throttle
}

/** Draws all it can get. */
function draw(throttle: SharedThrottle): { taken: number } {
  const drawn = { taken: 0 }
  const flow = new Flow(throttle)
  const loop = async () => {
    for (;;) {
      const bytes = await flow.acquire(16_384)
      drawn.taken += bytes
    }
  }
  const ended = loop().catch(() => {})
  open.push(async () => {
    flow.close()
    await ended
  })
  return drawn
}

const budget = (...args: string[]) => sluice(['budget', ...args])

/** Runs a command that must go well. */
async function output(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await budget(...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.toString()
}

/** Runs a command that must fail, with one line. */
async function failure(exitCode: number, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await budget(...args)
  expect({ code, stdout: stdout.toString() }).toEqual({ code: exitCode, stdout: '' })
  expect(stderr.trimEnd()).not.toContain('\n')
  return stderr.trimEnd()
}

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
  'sluice budget',
  () => {
    test('ls lists all budgets, and what is used of them', async () => {
      const server = await startRedis()
      const { code, stdout, stderr } = await budget('ls', server.url)
      expect({ code, stdout: stdout.toString(), stderr }).toEqual({
        ...{ code: 0, stdout: '' },
        stderr: `sluice: there are no budgets at ${server.url}/\n`,
      })
      const client = await connect(server)
      await new Budget(client, 'a/b').setLimit(null)
      await new Budget(client, 'night').setLimit('1MB/s')
      await new Budget(client, 'night').pause()
      await client.set('sluice:{odd}', 'something else')
      await client.set('other', 'something else')
      for (const name of ['a', 'b']) draw(await join(server, name))
      await sleep(500)
      const lines = (await output('ls', server.url)).trimEnd().split('\n')
      expect(lines.slice(0, 4)).toEqual([
        expect.stringMatching(/^budget +limit {2}members +used$/),
        expect.stringMatching(/^a\/b +no limit {8}0 +0 B\/s$/),
        expect.stringMatching(/^night +1 MB\/s {8}0 +0 B\/s +paused$/),
        expect.stringMatching(/^odd +- {8}- +- +can not be used$/),
      ])
      expect(lines[4]).toMatch(/^uplink +4 MiB\/s {8}2 +[\d.]+ [KM]iB\/s +\d+%$/)
      const objects = (await output('ls', server.url, '--json'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(objects).toMatchObject([
        { name: 'a/b', limitBytesPerSecond: null, members: 0 },
        { name: 'night', limitBytesPerSecond: 1e6, paused: true },
        { name: 'odd', error: { code: 'ERR_SLUICE_BUDGET' } },
        { name: 'uplink', limitBytesPerSecond: 4 * MIB, members: 2, paused: false },
      ])
      expect(objects[3].bytesPerSecond).toBeGreaterThan(0)
    })

    test('show tells how a budget stands and who shares it', async () => {
      const server = await startRedis()
      draw(await join(server, 'web', { weight: 3 }))
      await join(server, 'idler \u202ex')
      await sleep(1200)
      const shown = await output('show', `${server.url}/uplink`)
      const [words, round, empty, titles, first, second] = shown.split('\n')
      expect(words).toMatch(/^uplink: 4 MiB\/s; 2 members share it, and have [\d.]+ [KM]iB\/s \(\d+%\) now\.$/)
      expect(round).toMatch(/^A round takes \d+ ms; it is sold for \d+ ms from now\.$/)
      expect(empty).toBe('')
      expect(titles).toMatch(/^member +weight +since +rate +bytes +waiting +state$/)
      expect(first).toMatch(/^idler \\u202ex +1 +0:\d\d +.*B\/s +.*B +0 +(idle|light)$/)
      expect(second).toMatch(/^web +3 +0:\d\d +[\d.]+ [KM]iB\/s +[\d.]+ [KM]iB +1 +heavy$/)
      const json = JSON.parse(await output('show', `${server.url}/uplink`, '--json'))
      expect(json).toMatchObject({
        ...{ name: 'uplink', limitBytesPerSecond: 4 * MIB, paused: false, keptBytesPerSecond: 0 },
        members: [{ name: 'idler \u202ex' }, { name: 'web', weight: 3, state: 'heavy', waiting: 1 }],
      })
      expect(Math.abs(Date.parse(json.members[1].since) - Date.now())).toBeLessThan(60_000)
    })

    test('set makes a budget, and changes its limit for all at once', async () => {
      const server = await startRedis()
      const url = `${server.url}/uplink`
      expect(await output('set', url, '--limit', '2MiB/s')).toBe('uplink: 2 MiB/s, a new budget\n')
      const throttle = await join(server, 'web')
      expect(throttle.limit).toBe(2 * MIB)
      const changed = new Promise((resolve) => throttle.on('limit', resolve))
      expect(await output('set', url, '-l', '8Mbit/s')).toBe('uplink: 1 MB/s, was 2 MiB/s\n')
      expect(await changed).toBe(1e6)
      expect(await output('set', url, '--limit', 'none')).toBe('uplink: no limit, was 1 MB/s\n')
      expect(await output('set', url, '--weight', '2.5', '--member', 'web', '--limit', '1M')).toBe(
        'uplink: 1 MB/s, was no limit\nweb: weight 2.5, was 1\n',
      )
      expect((await throttle.members())[0]?.weight).toBe(2.5)
    })

    test('pause stops all, and resume lets them go on', async () => {
      const server = await startRedis()
      const url = `${server.url}/uplink`
      const drawn = draw(await join(server, 'web'))
      expect(await output('resume', url)).toBe('uplink: was not paused\n')
      expect(await output('pause', url)).toBe('uplink: paused; nothing passes in 1 member\n')
      expect(await output('pause', url)).toBe('uplink: paused, as it was before\n')
      const { taken } = drawn
      await sleep(500)
      expect(drawn.taken).toBe(taken)
      expect(await output('resume', url)).toBe('uplink: goes on, 4 MiB/s\n')
      await sleep(500)
      expect(drawn.taken).toBeGreaterThan(taken)
    })

    test('fails in one line that says what to do', async () => {
      const server = await startRedis()
      const client = await connect(server)
      await client.set('sluice:{odd}', '1')
      await new Budget(client, 'a').setLimit(1000)
      const url = `${server.url}/nope`
      for (const command of ['show', 'pause', 'resume']) {
        expect(await failure(1, command, url)).toBe(
          `sluice: Cannot ${command} ${url}: there is no such budget; see which there are with 'sluice budget ls ${server.url}'`,
        )
      }
      const set = ['--weight', '2', '--member', 'x']
      expect(await failure(1, 'set', url, ...set)).toContain('there is no such budget')
      expect(await failure(1, 'set', `${server.url}/a`, ...set)).toBe(
        `sluice: Cannot set the weight of "x": it does not share the budget "a"; see who does with 'sluice budget show ${server.url}/a'`,
      )
      for (const command of ['show', 'watch', 'pause']) {
        expect(await failure(1, command, `${server.url}/odd`)).toBe(
          `sluice: Cannot ${command} ${server.url}/odd: there is something else under the key 'sluice:{odd}'; name another one`,
        )
      }
      await server.kill()
      for (const command of ['ls', 'watch']) {
        expect(await failure(1, command, `${server.url}/${command === 'ls' ? '' : 'a'}`)).toMatch(
          /nothing listens there \(ECONNREFUSED\)/,
        )
      }
    })

    test('ls and watch say what the user has no right to', async () => {
      const server = await startRedis()
      const client = await connect(server)
      await client.sendCommand(['ACL', 'SETUSER', 'ann', 'on', '>s3cret', '~sluice:*', '+@connection'])
      const url = server.url.replace('//', '//ann:s3cret@')
      expect(await failure(1, 'ls', url)).toMatch(/: the user may not scan keys; give it \+scan, or /)
      expect(await failure(1, 'watch', `${url}/a`)).toMatch(
        /^sluice: Cannot watch redis:\/\/ann:\*{4}@127\.0\.0\.1:\d+\/a: the user may not do .* \(NOPERM\)$/,
      )
    })

    const usage: { args: string[]; says: string }[] = [
      { args: ['show', 'redis://localhost'], says: 'its name is missing' },
      { args: ['ls', 'redis://localhost/a'], says: 'leave the name out' },
      { args: ['set', 'redis://localhost/a', '--limit', 'fast'], says: '--limit: Cannot read "fast" as a rate' },
      { args: ['set', 'redis://localhost/a'], says: 'Cannot set nothing' },
      { args: ['set', 'redis://localhost/a', '--weight', '2'], says: 'without --member' },
      { args: ['watch', 'redis://localhost/a', '--interval', '0'], says: '--interval: Cannot use "0"' },
      { args: ['watch', 'ftp://localhost/a'], says: 'it must begin with redis:// or rediss:// (TLS)' },
      { args: ['pause'], says: "missing required argument 'URL'" },
      { args: ['wach', 'redis://localhost/a'], says: "unknown command 'wach' (Did you mean watch?)" },
      { args: ['show', 'redis://:s3cret@localhost'], says: 'redis://:****@localhost' },
    ]
    for (const { args, says } of usage) {
      test(`${args.join(' ')} is refused with 2`, async () => {
        const said = await failure(2, ...args)
        expect(said).toContain(says)
        expect(said).toMatch(/; see 'sluice budget --help'$/)
        expect(said).not.toContain('s3cret')
      })
    }

    test('takes the password from the URL, a file or the environment', async () => {
      const server = await startRedis('--requirepass', 's3cret')
      const url = `${server.url}/a`
      using folder = temporaryFolder()
      writeFileSync(folder.path('password'), 's3cret\n')
      expect(await failure(1, 'show', url)).toMatch(/it asks for a password \(NOAUTH\)/)
      const withPassword = url.replace('//', '//:s3cret@')
      expect(await output('set', withPassword, '--limit', '1M')).toContain('a new budget')
      expect(await failure(1, 'show', `${withPassword}x`)).not.toContain('s3cret')
      const args = ['--redis-password-file', folder.path('password')]
      expect(await output('show', url, ...args)).toBe('a: 1 MB/s; nobody shares it now.\n')
      const env = cleanEnv({ SLUICE_REDIS_PASSWORD: 's3cret' })
      const { code } = await startSluice(['budget', 'pause', url], { env }).ended
      expect(code).toBe(0)
    })

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
