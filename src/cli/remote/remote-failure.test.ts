import { expect, test } from 'vitest'
import { ClosedError, TimeoutError } from '../../errors.ts'
import {
  ChangedError,
  ChecksumError,
  ProtocolError,
  ReplyError,
  TlsError,
  TruncatedError,
  UnsafeNameError,
} from '../../ftp/errors.ts'
import { FileError } from '../../ftp/files/file-error.ts'
import { Failure, UsageError } from '../failure.ts'
import { Interruption } from '../interruption.ts'
import { isNoFolder, remoteFailure } from './remote-failure.ts'

const get = { verb: 'get', name: 'ftp://ann:****@host/file', local: 'write' } as const
const system = (code: string, more: object = {}) => Object.assign(new Error(`${code}: in words`), { code, ...more })
const reply = (command: string, code: number, ...lines: string[]) => new ReplyError(command, { code, lines })

const cases: readonly (readonly [error: unknown, code: string, says: string])[] = [
  [
    reply('PASS ****', 530, 'Login incorrect'),
    'ERR_SLUICE_FTP_REPLY',
    'the server answered 530 Login incorrect; check the user and the password',
  ],
  [
    reply('RETR f', 550, 'No such', ' file'),
    'ERR_SLUICE_FTP_REPLY',
    'the server answered 550 No such file; check the path, and what the user may do there',
  ],
  [
    reply('AUTH TLS', 502, 'What?'),
    'ERR_SLUICE_FTP_REPLY',
    'the server answered 502 What?; use ftp:// if all may be read on its way',
  ],
  ...(
    [
      ['PASS ****', 530, 'Logging in takes TLS: use AUTH TLS first'],
      ['PASS ****', 530, 'Non-anonymous sessions must use encryption.'],
      ['USER ann', 550, 'SSL/TLS required on the control channel'],
      ['USER ann', 421, 'Sorry, cleartext sessions are not accepted on this server.'],
      ['USER ann', 503, 'Use AUTH first.'],
      ['USER ann', 534, 'Policy requires SSL.'],
    ] as const
  ).map(
    ([command, code, text]) =>
      [
        reply(command, code, text),
        'ERR_SLUICE_FTP_REPLY',
        `the server answered ${code} ${text}; use ftp+tls://, or add --tls`,
      ] as const,
  ),
  [
    reply('PASS ****', 530, 'A TLS client certificate is required'),
    'ERR_SLUICE_FTP_REPLY',
    'the server answered 530 A TLS client certificate is required; check the user and the password',
  ],
  [
    reply('STOR d/f', 550, 'No such file or directory'),
    'ERR_SLUICE_FTP_REPLY',
    'the server answered 550 No such file or directory; check the path, and what the user may do there',
  ],
  [reply('RETR f', 500, 'What?'), 'ERR_SLUICE_FTP_REPLY', 'the server answered 500 What?'],
  [
    new TimeoutError('stall', 30_000),
    'ERR_SLUICE_TIMEOUT',
    'nothing moved any more for 30 s; start again, or add --retry 5, or raise --timeout',
  ],
  [
    new TimeoutError('data connect', 500),
    'ERR_SLUICE_TIMEOUT',
    'there was no data connection for 0.5 s; check the firewalls, or try --active, or raise --timeout',
  ],
  [
    new TruncatedError('file', 10, 5),
    'ERR_SLUICE_FTP_TRUNCATED',
    'it has 10 bytes, but 5 came through; start again with --resume',
  ],
  [new ChangedError('file', 'it has changed'), 'ERR_SLUICE_FTP_CHANGED', 'it has changed; start again'],
  [new ChecksumError('file', 'MD5', 'a', 'b'), 'ERR_SLUICE_FTP_CHECKSUM', 'its MD5 is a there and b here; start again'],
  [
    new UnsafeNameError('..', 'why'),
    'ERR_SLUICE_FTP_UNSAFE_NAME',
    'Cannot use ".." as the name of a local file: why; rename it there, or exclude it',
  ],
  [
    system('ECONNREFUSED', { syscall: 'connect' }),
    'ECONNREFUSED',
    'nothing listens there (ECONNREFUSED); check the host and the port',
  ],
  [
    new TlsError('host', {
      tlsCode: 'CERT_HAS_EXPIRED',
      state: 'the certificate of the server has expired',
      remedy: 'renew',
    }),
    'CERT_HAS_EXPIRED',
    'the certificate of the server has expired (CERT_HAS_EXPIRED); tell its owner, or trust any with --insecure',
  ],
  [
    new ClosedError('go on', { cause: system('ECONNRESET') }),
    'ECONNRESET',
    'the server broke the connection (ECONNRESET); start again, or add --retry 5',
  ],
  [new ClosedError('go on'), 'ERR_SLUICE_CLOSED', 'the connection was closed; start again, or add --retry 5'],
  [
    new ProtocolError('read the reply of the server', 'it is none', 'HTTP/1.1 400 Bad Request\r'),
    'ERR_SLUICE_FTP_PROTOCOL',
    'an HTTP server answers there, no FTP server (HTTP/1.1 400 Bad Request); check the port, or use a program for HTTP',
  ],
  [
    new ProtocolError('read the reply of the server', 'it is none', 'SSH-2.0-OpenSSH_9.2p1\r'),
    'ERR_SLUICE_FTP_PROTOCOL',
    'an SSH server answers there, no FTP server (SSH-2.0-OpenSSH_9.2p1); check the port; SFTP is another protocol',
  ],
  [
    new ProtocolError('read the reply of the server', 'it is none', '* OK'),
    'ERR_SLUICE_FTP_PROTOCOL',
    'it is none: "* OK"',
  ],
  [
    new TimeoutError('greeting', 30_000),
    'ERR_SLUICE_TIMEOUT',
    'the server did not greet for 30 s; check the port: it must be that of an FTP server, for ftps:// with implicit TLS, or raise --timeout',
  ],
  [new Error('What\nnow?'), 'ERR_UNKNOWN', 'What now?'],
]
for (const [error, code, says] of cases) {
  test(`remoteFailure() tells that ${says}`, () => {
    const failure = remoteFailure(get, error)
    expect(failure).toMatchObject({ code, message: `Cannot get ftp://ann:****@host/file: ${says}` })
  })
}

test('remoteFailure() names the file here that failed', () => {
  const full = system('ENOSPC', { syscall: 'write' })
  expect(remoteFailure({ ...get, localName: '"out"' }, full).message).toMatch(/^Cannot write "out": no space is left/)
  const denied = system('EACCES', { path: '/root/x', syscall: 'open' })
  expect(remoteFailure(get, denied).message).toMatch(/^Cannot write "\/root\/x": permission is denied/)
  expect(remoteFailure({ ...get, local: 'read' }, denied).message).toMatch(/^Cannot read "\/root\/x": permission/)
})

test('remoteFailure() names the file, not the temporary one beside it', () => {
  const missing = system('ENOENT', { path: '/no/.out.0123456789ab.sluice-part', syscall: 'open' })
  expect(remoteFailure({ ...get, localName: '"/no/out"' }, missing).message).toBe(
    'Cannot write "/no/out": its folder does not exist (ENOENT); create the folder or check the path',
  )
})

test('remoteFailure() leaves alone what is no failure, or one already', () => {
  const failure = new Failure('CODE', 'as it is')
  expect(remoteFailure(get, failure)).toBe(failure)
  expect(() => remoteFailure(get, new Interruption('SIGINT'))).toThrow(Interruption)
  expect(() => remoteFailure(get, new UsageError('wrong'))).toThrow(UsageError)
})

test('remoteFailure() says what to do about a missing directory', () => {
  const put = { ...get, verb: 'put', local: 'read' } as const
  const missing = remoteFailure(put, reply('STOR d/f', 550, 'd: No such file or directory'))
  expect(missing.message).toMatch(/; the directory of a file must be there: make it first, or send a folder with -r$/)
  const denied = remoteFailure(put, reply('STOR d/f', 550, 'Permission denied'))
  expect(denied.message).toMatch(/; check the path, and what the user may do there$/)
})

test('remoteFailure() says that the part of a file is gone, not that its folder is missing', () => {
  const gone = system('ENOENT', { path: '/here/.out.0123456789ab.sluice-part', syscall: 'rename' })
  expect(remoteFailure({ ...get, localName: '"/here/out"' }, gone).message).toBe(
    'Cannot write "/here/out": its part was taken away meanwhile; look whether another process writes the same file',
  )
})

test('isNoFolder() knows which of two ends is a file', () => {
  expect(isNoFolder(new FileError('use as a directory', 'a/b', 'ENOTDIR'), 'a/b')).toBe(true)
  expect(isNoFolder(new FileError('use as a directory', 'here', 'ENOTDIR'), 'a/b')).toBe(false)
  expect(isNoFolder(system('ENOTDIR', { path: 'a/b' }), 'a/b')).toBe(false)
})
