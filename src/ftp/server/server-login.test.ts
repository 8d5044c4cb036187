import { expect, test, vi } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { MemoryFileSystem, Server, type ServerOptions, type User } from './index.ts'

const ann: User = { name: 'ann', password: 'secret' }

async function start(options: ServerOptions = {}): Promise<{ server: Server; port: number }> {
  const server = new Server({ loginDelay: 0, ...options })
  const { port } = await server.listen()
  return { server, port }
}

test('USER and PASS let in who has the password', async () => {
  const { server, port } = await start({ users: [ann] })
  await using _ = server
  await using client = await LineClient.connect(port)
  expect((await client.reply(220)).lines).toEqual(['Ready'])
  await client.command('PWD', 530)
  await client.command('user ann', 331)
  await client.command('PASS secret', 230)
  expect((await client.command('PWD', 257)).lines).toEqual(['"/" is the working directory'])
  expect(server.connections).toMatchObject([{ user: 'ann', cwd: '/', secure: false, lastCommand: 'PWD' }])
})

test('PASS tells no difference between a wrong password and an unknown user', async () => {
  const { server, port } = await start({ users: [ann], maxLoginAttempts: 9 })
  await using _ = server
  await using client = await LineClient.connect(port)
  await client.reply(220)
  const said = []
  for (const [user, password] of [
    ['ann', 'x'],
    ['eve', 'x'],
    ['anonymous', 'x'],
    ['ann', ''],
  ]) {
    said.push(await client.command(`USER ${user}`), await client.command(`PASS ${password}`))
  }
  const [first, second] = said
  expect(said).toEqual([first, second, first, second, first, second, first, second])
  expect([first?.code, second?.code]).toEqual([331, 530])
})

test('PASS closes the connection with 421 after as many failures as are allowed', async () => {
  const { server, port } = await start({ users: [ann], maxLoginAttempts: 2 })
  await using _ = server
  await using client = await LineClient.connect(port)
  client.send('USER ann', 'PASS a', 'USER ann', 'PASS b', 'USER ann', 'PASS secret')
  expect(await client.codes(5)).toEqual([220, 331, 530, 331, 421])
  await client.end()
})

test('PASS takes longer after each failure, from the same address on other connections too', async () => {
  const clock = new VirtualClock()
  const { server, port } = await start({ users: [ann], loginDelay: 100, clock, idleTimeout: null, loginTimeout: null })
  await using _ = server
  const replies: [string, number, number][] = []
  const attempt = async (name: string, password: string) => {
    const client = await LineClient.connect(port)
    await client.reply(220)
    await client.command('USER ann', 331)
    replies.push([name, (await client.command(`PASS ${password}`)).code, clock.now()])
    return client
  }
  await using _first = await clock.run(() => attempt('first', 'wrong'))
  await using _second = await clock.run(() => attempt('second', 'wrong'))
  expect(replies.map(([, code]) => code)).toEqual([530, 530])
  const [first, second] = replies.map(([, , at]) => at)
  expect(first).toBeGreaterThanOrEqual(100)
  expect(second).toBeGreaterThanOrEqual(300)
})

test('PASS looks at a few logins from an address at a time, so that many at once are no way around the delay', async () => {
  const { server, port } = await start({ users: [ann], loginDelay: 60_000, maxLoginDelay: 60_000 })
  await using _ = server
  const errors: unknown[] = []
  server.on('error', (error) => void errors.push(error))
  let failed = 0
  server.on('login-failed', () => failed++)
  const clients = await Promise.all(Array.from({ length: 30 }, () => LineClient.connect(port)))
  for (const client of clients) client.send('USER ann', 'PASS wrong')
  await Promise.all(clients.map((client) => client.codes(2)))
  await vi.waitFor(() => expect(failed).toBeGreaterThan(0))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(failed).toBeLessThanOrEqual(4)
  await server.close({ drain: false })
  // Who has not been looked at is nobody that an owner of a server must hear of.
  expect(errors).toEqual([])
})

test('PASS takes longer after each failure, also if a guest or another user logs in between', async () => {
  const clock = new VirtualClock()
  const bob: User = { name: 'bob', password: 'bobs' }
  const { server, port } = await start({ users: [ann, bob], anonymous: {}, loginDelay: 100, clock, loginTimeout: null })
  await using _ = server
  await using client = await LineClient.connect(port)
  await client.reply(220)
  const guess = async (...lines: string[]) => {
    client.send('USER ann', 'PASS wrong', ...lines)
    await client.codes(2 + lines.length)
    return clock.now()
  }
  const first = await clock.run(() => guess('USER anonymous', 'PASS x'))
  const second = await clock.run(() => guess('USER bob', 'PASS bobs'))
  expect(second - first).toBeGreaterThanOrEqual(200)
  client.send('USER ann', 'PASS wrong')
  expect(await clock.run(() => client.codes(2))).toEqual([331, 421])
  expect(clock.now() - second).toBeGreaterThanOrEqual(400)
})

test('PASS takes as long for who has a password that is slow to check as for who is unknown', async () => {
  const clock = new VirtualClock()
  const slow: User = {
    name: 'slow',
    password: () => new Promise((resolve) => clock.sleepUntil(clock.now() + 70, () => resolve(false))),
  }
  const times: number[] = []
  for (const name of ['slow', 'nobody']) {
    const { server, port } = await start({ users: [slow], loginDelay: 100, clock, loginTimeout: null })
    await using _ = server
    await using client = await LineClient.connect(port)
    await client.reply(220)
    const begin = clock.now()
    client.send(`USER ${name}`, 'PASS wrong', `USER ${name}`, 'PASS wrong')
    await clock.run(() => client.codes(4))
    times.push(clock.now() - begin)
  }
  expect(times[0]).toBe(times[1])
})

test('PASS counts no connection of a client that goes while its user is looked up', async () => {
  let letIn = () => {}
  const looked = new Promise<void>((resolve) => {
    letIn = resolve
  })
  // Files that know no signals.
  const root = { name: '/', type: 'directory', size: 0, modified: new Date(), mode: 0o755 } as const
  const fileSystem = Object.assign(new MemoryFileSystem(), { stat: async () => root })
  const { server, port } = await start({
    users: {
      async authenticate({ name }) {
        await looked
        return { name, fileSystem }
      },
    },
  })
  await using _ = server
  const client = await LineClient.connect(port)
  client.send('USER ann', 'PASS x')
  await client.codes(2)
  const gone = new Promise((resolve) => server.once('disconnect', resolve))
  client.socket.resetAndDestroy()
  await gone
  letIn()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(server.user('ann').connections).toBe(0)
})

test('PASS is not shown to loggers and listeners', async () => {
  const seen: string[] = []
  const { server, port } = await start({ users: [ann], logger: (line) => void seen.push(line) })
  await using _ = server
  server.on('command', (connection, { verb, argument }) => seen.push(`${verb} ${argument}`, connection.lastCommand))
  await using client = await LineClient.login(port, 'ann', 'secret')
  await client.command('pass secret', 503)
  await client.command('ACCT secret', 202)
  expect(seen.join('\n')).not.toContain('secret')
  expect(seen).toContain('> PASS ****')
})

test('a password that is typed in a wrong place of the line is not shown either', async () => {
  const seen: string[] = []
  const { server, port } = await start({ users: [ann], logger: (line) => void seen.push(line) })
  await using _ = server
  server.on('command', (connection, { verb, argument }) => seen.push(`${verb} ${argument}`, connection.lastCommand))
  await using client = await LineClient.connect(port)
  client.sendRaw(' PASS secret\r\nPASS\tsecret\r\n  pass   secret\r\nacct secret\r\n')
  expect(await client.codes(5)).toEqual([220, 500, 500, 500, 503])
  expect(seen.join('\n')).not.toMatch(/secret/i)
  expect(seen.filter((line) => line.includes('****')).length).toBe(12)
})

test('what a client sends can neither begin a line of a log nor move the cursor', async () => {
  const seen: string[] = []
  const { server, port } = await start({ users: [ann], logger: (line) => void seen.push(line) })
  await using _ = server
  await using client = await LineClient.connect(port)
  client.sendRaw('USER a\r> PASS\x1b[2K\x7f\u0085\u2028b\r\n')
  expect(await client.codes(2)).toEqual([220, 501])
  expect(seen).toContain('> USER a\\u000d> PASS\\u001b[2K\\u007f\\u0085\\u2028b')
})

test('ACCT is asked for where a user has one', async () => {
  const { server, port } = await start({ users: [{ ...ann, account: 'books' }] })
  await using _ = server
  await using client = await LineClient.connect(port)
  const steps = [
    'USER ann',
    'PASS secret',
    'PWD',
    'ACCT wrong',
    'ACCT books',
    'USER ann',
    'PASS secret',
    'ACCT books',
    'PWD',
  ]
  client.send(...steps)
  expect(await client.codes(10)).toEqual([220, 331, 332, 530, 530, 503, 331, 332, 230, 257])
})

test('ACCT can not be tried without the password', async () => {
  const { server, port } = await start({ users: [{ ...ann, account: 'books' }] })
  await using _ = server
  await using client = await LineClient.connect(port)
  client.send('USER ann', 'ACCT books', 'PWD')
  expect(await client.codes(4)).toEqual([220, 331, 503, 530])
})

test('REIN and USER log out', async () => {
  const { server, port } = await start({ users: [{ ...ann, maxConnections: 1 }] })
  await using _ = server
  await using client = await LineClient.login(port, 'ann', 'secret')
  client.send('REIN', 'PWD', 'USER ann', 'PASS secret', 'USER ann', 'PWD', 'PASS secret', 'PWD')
  expect(await client.codes(8)).toEqual([220, 530, 331, 230, 331, 530, 230, 257])
  expect(server.user('ann').connections).toBe(1)
})

test('Server({ users }) counts the connections of each user', async () => {
  const { server, port } = await start({
    users: [ann, { ...ann, name: 'bob', maxConnections: 1 }],
    maxConnectionsPerUser: 2,
  })
  await using _ = server
  await using _a = await LineClient.login(port, 'ann', 'secret')
  await using second = await LineClient.login(port, 'ann', 'secret')
  await using _b = await LineClient.login(port, 'bob', 'secret')
  for (const name of ['ann', 'bob']) {
    await expect(LineClient.login(port, name, 'secret')).rejects.toThrow('Expected 230, got 530')
  }
  await second.command('QUIT', 221)
  await second.end()
  await using _c = await LineClient.login(port, 'ann', 'secret')
  expect(server.user('ann').connections).toBe(2)
})

test('Server() without users lets anybody in as anonymous, and with users nobody', async () => {
  const open = await start()
  await using _ = open.server
  await using _a = await LineClient.login(open.port)
  const closed = await start({ users: [] })
  await using __ = closed.server
  await expect(LineClient.login(closed.port)).rejects.toThrow('530')
})

test('Server({ users }) asks a user manager, and tells it of the end', async () => {
  const left: string[] = []
  const users = {
    authenticate: async ({ name, password }: { name: string; password: string }) =>
      password === 'pass' ? { name, password } : undefined,
    loggedOut: (user: User) => void left.push(user.name),
  }
  const { server, port } = await start({ users })
  await using _ = server
  const client = await LineClient.login(port, 'zoe', 'pass')
  expect(server.connections[0]?.user).toBe('zoe')
  await client.command('QUIT', 221)
  await client.end()
  expect(left).toEqual(['zoe'])
})

test('Server({ users }) refuses a login, and tells of it, when the user manager throws', async () => {
  const failure = new Error('the directory service is down')
  const { server, port } = await start({ users: { authenticate: () => Promise.reject(failure) } })
  await using _ = server
  const errors: unknown[] = []
  server.on('error', (error) => void errors.push(error))
  await expect(LineClient.login(port, 'ann', 'x')).rejects.toThrow('530 Wrong name or password')
  expect(errors).toEqual([failure])
})

test('Server({ users }) begins in the home of a user, and refuses one whose home is not there', async () => {
  const { server, port } = await start({
    users: [
      { ...ann, home: '/' },
      { ...ann, name: 'bob', home: '/gone' },
    ],
  })
  await using _ = server
  const errors: unknown[] = []
  server.on('error', (error) => void errors.push(error))
  await expect(LineClient.login(port, 'bob', 'secret')).rejects.toThrow('530 Your directory is not there')
  expect(errors).toMatchObject([{ code: 'ENOENT' }])
  await using _a = await LineClient.login(port, 'ann', 'secret')
})

test('Server() emits connection, login, login-failed and disconnect', async () => {
  const { server, port } = await start({ users: [ann] })
  await using _ = server
  const seen: unknown[] = []
  server.on('connection', ({ id, address }) => seen.push(['connection', id, address]))
  server.on('login', ({ user }) => seen.push(['login', user]))
  server.on('login-failed', (_, name) => seen.push(['login-failed', name]))
  const gone = new Promise((resolve) =>
    server.on('disconnect', ({ id, user, cwd }, error) => resolve([id, user, cwd, error])),
  )
  await using client = await LineClient.connect(port)
  client.send('USER eve', 'PASS x', 'USER ann', 'PASS secret', 'MKD a', 'CWD a', 'QUIT')
  await client.codes(8)
  expect(seen).toEqual([
    ['connection', 1, '127.0.0.1'],
    ['login-failed', 'eve'],
    ['login', 'ann'],
  ])
  expect(await gone).toEqual([1, 'ann', '/a', undefined])
})

test('Server() tells no user of a connection that has logged out before its end', async () => {
  const { server, port } = await start({ users: [ann] })
  await using _ = server
  const gone = new Promise((resolve) => server.on('disconnect', ({ user }) => resolve(user)))
  await using client = await LineClient.login(port, 'ann', 'secret')
  client.send('REIN', 'QUIT')
  await client.codes(2)
  expect(await gone).toBe(undefined)
})

test('Server.user() knows those who can come in, and no others', async () => {
  const known: [options: ServerOptions, names: string[]][] = [
    [{}, ['anonymous']],
    [{ users: [ann] }, ['ann']],
    [{ users: [ann], anonymous: true }, ['ann', 'anonymous']],
    [{ users: { authenticate: () => undefined } }, ['anybody']],
  ]
  for (const [options, names] of known) {
    const server = new Server(options)
    for (const name of names) expect(server.user(name)).toMatchObject({ name, connections: 0 })
  }
  for (const options of [{}, { users: [ann] }, { users: [] }]) {
    expect(() => new Server(options).user('nobody')).toThrow(
      new RangeError("Cannot find the user 'nobody': the server was made without one of that name"),
    )
  }
  expect(() => new Server({ users: [ann] }).user('anonymous')).toThrow(RangeError)
})
