import { expect, test } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { MemoryFileSystem, Server, type ServerOptions } from './index.ts'

/** A server with `/a.txt` ("content"), `/folder/` and `/folder/b.txt`, all of 2020-09-13. */
async function start(options: ServerOptions = {}) {
  const fileSystem = new MemoryFileSystem()
  await fileSystem.makeDirectory('/folder')
  for (const path of ['/a.txt', '/folder/b.txt']) {
    const file = await fileSystem.open(path, 'write')
    await file.write(Buffer.from('content'), 0, 7, 0)
    await file.close()
    await fileSystem.setModified(path, new Date(1_600_000_000_000))
  }
  const server = new Server({ fileSystem, ...options })
  const { port } = await server.listen()
  const client = await LineClient.login(port)
  return { server, client, fileSystem, port }
}

const dialogues: { title: string; lines: [line: string, code: number, text?: string][] }[] = [
  {
    title: 'CWD, CDUP and PWD go about',
    lines: [
      ['CWD folder', 250],
      ['PWD', 257, '"/folder" is the working directory'],
      ['CWD ../folder/./../folder/', 250],
      ['XPWD', 257, '"/folder" is the working directory'],
      ['CDUP', 250],
      ['XCUP', 250],
      ['PWD', 257, '"/" is the working directory'],
      ['CWD ../../..', 250],
      ['CWD a.txt', 550, 'Not a directory'],
      ['CWD nowhere', 550, 'No such file or directory'],
      ['CWD', 501],
    ],
  },
  {
    title: 'MKD and RMD make and remove directories',
    lines: [
      ['MKD say "hi"', 257, '"/say ""hi""" created'],
      ['MKD say "hi"', 550, 'It exists already'],
      ['RMD folder', 550, 'The directory is not empty'],
      ['RMD a.txt', 550, 'Not a directory'],
      ['XRMD say "hi"', 250],
      ['XMKD  spaces  ', 257, '"/ spaces  " created'],
    ],
  },
  {
    title: 'DELE removes files',
    lines: [
      ['DELE folder', 550, 'It is a directory'],
      ['DELE a.txt', 250],
      ['DELE a.txt', 550, 'No such file or directory'],
    ],
  },
  {
    title: 'RNFR and RNTO rename',
    lines: [
      ['RNTO x', 503],
      ['RNFR nowhere', 550],
      ['RNFR a.txt', 350],
      ['NOOP', 200],
      ['RNTO folder/c.txt', 250],
      ['SIZE folder/c.txt', 213, '7'],
      ['RNFR folder', 350],
      ['PWD', 257],
      ['RNTO x', 503],
      ['RNFR folder', 350],
      ['RNTO folder/inside', 553],
    ],
  },
  {
    title: 'RMD, DELE, RNFR and RNTO refuse the root for good',
    lines: [
      ['RMD /', 550, 'It is the root'],
      ['DELE /', 550, 'It is the root'],
      ['RNFR folder/..', 550, 'It is the root'],
      ['RNTO x', 503],
      ['RNFR a.txt', 350],
      ['RNTO /', 550, 'It is the root'],
      ['SIZE a.txt', 213, '7'],
    ],
  },
  {
    title: 'SIZE tells bytes, in TYPE I only',
    lines: [
      ['SIZE a.txt', 213, '7'],
      ['SIZE folder', 550, 'Not a file'],
      ['TYPE A', 200],
      ['SIZE a.txt', 550],
      ['TYPE L 8', 200],
      ['SIZE a.txt', 213, '7'],
    ],
  },
  {
    title: 'MDTM and MFMT tell and set times',
    lines: [
      ['MDTM a.txt', 213, '20200913122640'],
      ['MFMT 20240229123456 a.txt', 213, 'Modify=20240229123456; a.txt'],
      ['MDTM a.txt', 213, '20240229123456'],
      ['MDTM 20010203040506 a.txt', 213, '20010203040506'],
      ['MDTM a.txt', 213, '20010203040506'],
      ['MFMT 20240230123456 a.txt', 501],
      ['MFMT a.txt', 501],
      ['MDTM 20010203040506 nowhere', 550],
      ['MFMT 20240229123456.789 a.txt', 213, 'Modify=20240229123456; a.txt'],
      ['MDTM a.txt', 213, '20240229123456'],
    ],
  },
  {
    title: 'SITE CHMOD sets modes',
    lines: [
      ['SITE CHMOD 640 a.txt', 200],
      ['SITE chmod 9 a.txt', 501],
      ['SITE CHMOD 640 nowhere', 550],
      ['SITE HELP', 214],
      ['SITE EXEC rm', 504],
      ['SITE CHMOD 0640 a.txt', 200],
      ['SITE CHMOD 4755 a.txt', 504],
      ['SITE CHMOD 1777 folder', 504],
    ],
  },
  {
    title: 'HASH and XCRC tell checksums',
    lines: [
      ['HASH a.txt', 213, 'SHA-256 0-7 ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73 a.txt'],
      ['OPTS HASH', 200, 'SHA-256'],
      ['OPTS HASH crc32', 200, 'CRC32'],
      ['HASH a.txt', 213, 'CRC32 0-7 fec530a9 a.txt'],
      ['OPTS HASH CRC64', 501],
      ['OPTS HASH constructor', 501],
      ['XMD5 a.txt', 250, '9A0364B9E99BB480DD25E1F0284C8555'],
      ['XCRC "a.txt" 0 7', 250, 'FEC530A9'],
      ['XCRC "a.txt" 3 3', 250, '00000000'],
      ['XCRC "a.txt" 3 2', 501],
      ['XSHA1 "a.txt" 3 3', 250, 'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709'],
      ['HASH folder', 550],
      ['XMD5 "folder/b.txt" 0 4', 250, '568D8E07BBE5575518D5005E559743C3'],
    ],
  },
  {
    title: 'TYPE, STRU, MODE and ALLO know what is common',
    lines: [
      ['TYPE A N', 200, 'Type is A'],
      ['TYPE i', 200, 'Type is I'],
      ['TYPE E', 504],
      ['TYPE', 501],
      ['STRU F', 200],
      ['STRU R', 504],
      ['MODE S', 200],
      ['MODE Z', 504],
      ['ALLO 1000', 202],
    ],
  },
  {
    title: 'REST takes numbers of bytes only',
    lines: [
      ['REST 100', 350],
      ['REST -1', 501],
      ['REST 1e3', 501],
      ['REST 99999999999999999999', 501],
      ['REST x', 501],
    ],
  },
  {
    title: 'OPTS chooses',
    lines: [
      ['OPTS UTF8 ON', 200],
      ['OPTS UTF8', 200],
      ['OPTS UTF8 OFF', 504],
      ['OPTS MLST size;Type;flavour;', 200, 'MLST OPTS type;size;'],
      ['OPTS MLST', 200, 'MLST OPTS'],
      ['OPTS COFFEE', 501],
    ],
  },
  {
    title: 'other commands answer as they should',
    lines: [
      ['NOOP', 200],
      ['SYST', 215, 'UNIX Type: L8'],
      ['CLNT me', 200],
      ['HELP nope', 502],
      ['COFFEE', 500],
      ['LPSV', 502],
      ['constructor', 500],
      ['ABOR', 225],
      ['AUTH TLS', 502],
      ['PBSZ 0', 503],
      ['PROT P', 503],
      ['CCC', 534],
      ['RETR a.txt', 425],
      ['LIST', 425],
      ['RETR', 501],
    ],
  },
]
for (const { title, lines } of dialogues) {
  test(title, async () => {
    const { server, client } = await start()
    await using _ = server
    await using _client = client
    for (const [line, code, text] of lines) {
      const reply = await client.command(line)
      expect([line, reply.code, reply.lines.join('\n')]).toEqual([line, code, text ?? expect.any(String)])
    }
  })
}

test('SITE CHMOD sets the mode that MLST tells', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.command('SITE CHMOD 0751 a.txt', 200)
  await client.command('OPTS MLST unix.mode;type;', 200)
  expect((await client.command('MLST a.txt', 250)).lines[1]).toBe(' type=file;UNIX.mode=0751; /a.txt')
})

test('MLST tells of the working directory without a path', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.command('CWD folder', 250)
  expect((await client.command('MLST', 250)).lines[1]).toMatch(/^ type=cdir;.*; \/folder$/)
  await client.command('MLST nowhere', 550)
})

test('FEAT tells what there is', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.command('OPTS MLST type;size;', 200)
  const { lines } = await client.command('FEAT', 211)
  expect(lines).toContain(' MLST type*;size*;modify;perm;UNIX.mode;UNIX.owner;UNIX.group;')
  expect(lines).toContain(' UTF8')
  expect(lines.join()).not.toContain('AUTH')
})

test('HELP tells every command, and how each is used', async () => {
  const { server, client } = await start()
  await using _ = server
  const { lines } = await client.command('HELP', 214)
  const verbs = lines.slice(1, -1).join(' ').trim().split(/ +/)
  expect(verbs.length).toBeGreaterThan(50)
  for (const verb of verbs) await client.command(`HELP ${verb}`, 214)
})

test('LIST, NLST and MLSD list directories and files', async () => {
  const { server, client } = await start()
  await using _ = server
  const list = String(await client.fetch('LIST'))
  expect(list).toMatch(/^-rw-r--r-- +1 ftp +ftp +7 Sep 13 {2}2020 a\.txt\r$/m)
  expect(list).toMatch(/^drwxr-xr-x .* folder\r$/m)
  for (const options of ['-a', '-la', '-a -l', '-la folder', 'folder', '/folder/']) {
    expect(String(await client.fetch(`LIST ${options}`))).toMatch(options.includes('f') ? / b\.txt\r\n$/ : /a\.txt\r$/m)
  }
  expect(String(await client.fetch('LIST folder/b.txt'))).toMatch(/ 2020 folder\/b\.txt\r\n$/)
  expect(
    String(await client.fetch('NLST'))
      .split('\r\n')
      .sort(),
  ).toEqual(['', 'a.txt', 'folder'])
  expect(String(await client.fetch('NLST a.txt'))).toBe('a.txt\r\n')
  const facts = 'type=file;size=7;modify=20200913122640;perm=adfrw;UNIX.mode=0644;'
  expect(String(await client.fetch('MLSD folder'))).toBe(`${facts} b.txt\r\n`)
})

test('LIST takes an argument that begins with - for a name if there is one', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.command('MKD -la', 257)
  await client.store('STOR -la/inside', 'x')
  expect(String(await client.fetch('LIST -la'))).toMatch(/ inside\r\n$/)
})

test('MLSD and LIST refuse what is not there before the 150', async () => {
  const { server, client } = await start()
  await using _ = server
  for (const [line, code] of [
    ['MLSD nowhere', 550],
    ['LIST nowhere', 550],
    ['MLSD a.txt', 501],
    ['NLST nowhere', 550],
  ] as const) {
    await client.passivePort()
    await client.command(line, code)
  }
  await client.command('NOOP', 200)
})

test('STAT lists a path on the control connection, and tells how things are without one', async () => {
  const { server, client } = await start()
  await using _ = server
  expect((await client.command('STAT folder', 212)).lines[1]).toMatch(/ b\.txt$/)
  expect((await client.command('STAT -l a.txt', 213)).lines[1]).toMatch(/ a\.txt$/)
  await client.command('STAT nowhere', 550)
  expect((await client.command('STAT', 211)).lines.join('\n')).toContain('Logged in as anonymous')
})

test('permissions hold for each command', async () => {
  const { server, client } = await start({
    anonymous: {
      permissions: [
        { path: '/', allow: ['list'] },
        { path: '/folder', allow: 'none' },
      ],
    },
  })
  await using _ = server
  const refused = [
    'DELE a.txt',
    'MKD x',
    'RMD folder',
    'RNFR a.txt',
    'CWD folder',
    'MLST folder',
    'MDTM folder/b.txt',
    'STAT folder',
  ]
  refused.push(
    'MFMT 20200101000000 a.txt',
    'MDTM 20200101000000 a.txt',
    'SITE CHMOD 600 a.txt',
    'HASH a.txt',
    'XCRC a.txt',
    'SIZE folder/b.txt',
  )
  for (const line of refused) expect([line, (await client.command(line)).code]).toEqual([line, 550])
  for (const line of ['RETR a.txt', 'STOR x', 'APPE a.txt', 'STOU', 'LIST folder', 'NLST -a folder', 'MLSD folder']) {
    await client.passivePort()
    expect([line, (await client.command(line)).code]).toEqual([line, 550])
  }
  await client.command('SIZE a.txt', 213)
  expect(String(await client.fetch('MLSD'))).toMatch(
    /^type=file;.*perm=;|^type=file;size=7;modify=20200913122640;UNIX/m,
  )
})

test('names keep their spaces, and bytes that are no UTF-8', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.store('STOR  two  spaces ', 'x')
  client.sendRaw(Buffer.from('MKD caf\xe9\r\n', 'latin1'))
  await client.reply(257)
  const names = (await client.fetch('NLST')).toString('latin1').split('\r\n')
  expect(names).toContain(' two  spaces ')
  expect(names).toContain('caf\xe9')
})

test('Server({ encoding }) speaks another encoding', async () => {
  const { server, client, fileSystem } = await start({ encoding: 'latin1' })
  await using _ = server
  client.sendRaw(Buffer.from('MKD caf\xe9\r\n', 'latin1'))
  await client.reply(257)
  expect((await fileSystem.stat('/café')).type).toBe('directory')
  await fileSystem.makeDirectory('/\u20ac')
  expect((await client.fetch('NLST')).toString('latin1').split('\r\n')).toContain('?')
  const status = await client.command('STAT /', 212)
  expect(status.lines.some((line) => line.endsWith(' ?'))).toBe(true)
  expect((await client.command('FEAT', 211)).lines).not.toContain(' UTF8')
  await client.command('OPTS UTF8 ON', 504)
})

test('a name with a line end in it can not begin a line of a listing', async () => {
  const { server, client, fileSystem } = await start()
  await using _ = server
  await fileSystem.makeDirectory('/bad\r\nname')
  expect(String(await client.fetch('NLST')).split('\r\n')).toContain('bad??name')
  for (const command of ['LIST', 'MLSD']) expect(String(await client.fetch(command))).toMatch(/bad\?\?name\r$/m)
})
