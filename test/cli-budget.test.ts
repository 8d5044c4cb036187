import { writeFileSync } from 'node:fs'
import { Budget } from 'sluice/redis'
import { expect, test, vi } from 'vitest'
import { cleanEnv, sluice, startSluice, temporaryFolder } from './cli-sluice.ts'
import { connect, draw, join, startRedis } from './fixtures/budget-members.ts'
import { describeRedis, until } from './fixtures/redis-server.ts'

// Each test starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })
const MIB = 2 ** 20
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

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

describeRedis('sluice budget', () => {
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

  // Who was held up for long is idle for all that Redis knows.
  test('show tells how a budget stands and who shares it', { retry: 1 }, async () => {
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
    const throttle = await join(server, 'web')
    const drawn = draw(throttle)
    await until('the first bytes', async () => drawn.taken > 0)
    expect(await output('resume', url)).toBe('uplink: was not paused\n')
    expect(await output('pause', url)).toBe('uplink: paused; nothing passes in 1 member\n')
    expect(await output('pause', url)).toBe('uplink: paused, as it was before\n')
    await until('the pause', async () => throttle.sharing.paused)
    const { taken } = drawn
    await sleep(500)
    expect(drawn.taken).toBe(taken)
    expect(await output('resume', url)).toBe('uplink: goes on, 4 MiB/s\n')
    await until('more bytes', async () => drawn.taken > taken)
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
      /^sluice: Cannot watch redis:\/\/ann:\*{4}@127\.0\.0\.1:\d+\/a: the user may not do .* \(NOPERM\); give it the rights that the documentation lists$/,
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
      const command = args[0] === 'wach' ? 'budget' : `budget ${args[0]}`
      expect(said).toMatch(new RegExp(`; see 'sluice ${command} --help'$`))
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
})
