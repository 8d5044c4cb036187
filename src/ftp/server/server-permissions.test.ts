import { expect, test } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { MemoryFileSystem, type Permissions, Server } from './index.ts'

/** A server with the files of these paths, which have their path in them. */
async function start(permissions: Permissions, ...paths: string[]) {
  const fileSystem = new MemoryFileSystem()
  for (const path of paths) {
    if (path.endsWith('/')) {
      await fileSystem.makeDirectory(path.slice(0, -1))
      continue
    }
    const file = await fileSystem.open(path, 'write')
    await file.write(Buffer.from(path), 0, path.length, 0)
    await file.close()
  }
  const server = new Server({ fileSystem, anonymous: { permissions } })
  const { port } = await server.listen()
  return { server, client: await LineClient.login(port), fileSystem }
}

test('RNTO replaces only what may be written or deleted', async () => {
  for (const [actions, code] of [
    [['list', 'rename'], 550],
    [['rename', 'write'], 250],
    [['rename', 'delete'], 250],
  ] as const) {
    const { server, client, fileSystem } = await start(actions, '/a', '/b')
    await using _ = server
    await client.command('RNFR a', 350)
    await client.command('RNTO a', 250)
    await client.command('RNFR a', 350)
    await client.command('RNTO b', code)
    expect((await fileSystem.stat('/b')).size).toBe(2)
    await client.command(`RNFR ${code === 250 ? 'b' : 'a'}`, 350)
    await client.command('RNTO c', 250)
  }
})

test('RNFR and RNTO move no tree out of or into what has a rule against it', async () => {
  const rules = [
    { path: '/', allow: 'all' },
    { path: '/a/secret', allow: 'none' },
    { path: '/b/x/secret', allow: ['list'] },
  ] as const
  const { server, client } = await start(rules, '/a/', '/a/secret/', '/b/', '/c/')
  await using _ = server
  await client.command('RNFR a', 550)
  await client.command('RNFR a/secret', 550)
  await client.command('RNFR c', 350)
  await client.command('RNTO b/x', 550)
  await client.command('RNFR c', 350)
  await client.command('RNTO b/x/secret', 550)
  await client.command('RNFR c', 350)
  await client.command('RNTO b/y', 250)
})

test('STOU writes under no name that a rule forbids', async () => {
  const rules = [
    { path: '/', allow: ['list'] },
    { path: '/x', allow: ['write'] },
  ] as const
  const { server, client } = await start(rules)
  await using _ = server
  await client.store('STOU x', '1')
  await client.passivePort()
  await client.command('STOU x', 550)
  expect(String(await client.fetch('NLST /'))).toBe('x\r\n')
})

test('no other way to write a path leads around its rule', async () => {
  const rules = [
    { path: '/', allow: 'all' },
    { path: '/private', allow: 'none' },
  ] as const
  const { server, client } = await start(rules, '/private/', '/private/f', '/a/')
  await using _ = server
  const names = [
    '/private/f',
    '//private//f',
    '/./private/./f',
    '/a/../private/f',
    '/../private/f',
    'private/f/',
    'a/../../private/f',
  ]
  const verbs = [
    'SIZE',
    'MDTM',
    'MLST',
    'STAT',
    'HASH',
    'XCRC',
    'XMD5',
    'CWD',
    'DELE',
    'RMD',
    'MKD',
    'RNFR',
    'MDTM 20200101000000',
    'MFMT 20200101000000',
    'SITE CHMOD 644',
    'STAT -l',
  ]
  const transfers = ['RETR', 'STOR', 'APPE', 'STOU', 'LIST', 'NLST', 'MLSD', 'LIST -a', 'NLST -l']
  for (const name of names) {
    for (const verb of verbs)
      expect([verb, name, (await client.command(`${verb} ${name}`)).code]).toEqual([verb, name, 550])
    for (const verb of transfers) {
      await client.passivePort()
      expect([verb, name, (await client.command(`${verb} ${name}`)).code]).toEqual([verb, name, 550])
    }
    await client.command('RNFR a', 350)
    await client.command(`RNTO ${name}`, 550)
  }
})
