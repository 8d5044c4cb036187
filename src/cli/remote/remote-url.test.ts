import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UsageError } from '../failure.ts'
import { isUrl, parseRemoteUrl, type RemoteUrl } from './remote-url.ts'

const good: readonly (readonly [url: string, parts: Partial<RemoteUrl>])[] = [
  ['ftp://host', { tls: false, host: 'host', port: undefined, user: undefined, path: '', isDirectory: true }],
  ['ftp://host', { isBare: true, shown: 'ftp://host' }],
  ['ftp://host/', { path: '', isDirectory: true, isBare: false, shown: 'ftp://host/' }],
  ['ftp://host/file', { path: 'file', isDirectory: false }],
  ['ftp://host/a/b/', { path: 'a/b', isDirectory: true }],
  ['ftp://host//etc/motd', { path: '/etc/motd', isDirectory: false }],
  ['ftp://host/%2Fetc/motd', { path: '/etc/motd' }],
  ['ftp://host//', { path: '/', isDirectory: true }],
  ['ftp://host/%2F', { path: '/', isDirectory: true }],
  ['ftp://host:2121/f', { port: 2121 }],
  ['FTP://Host/f', { tls: false, host: 'host' }],
  ['ftps://host/f', { tls: 'implicit' }],
  ['ftp+tls://host/f', { tls: 'explicit' }],
  ['ftpes://host/f', { tls: 'explicit' }],
  ['ftp://ann@host/f', { user: 'ann', password: undefined, shown: 'ftp://ann@host/f' }],
  ['ftp://ann:secret@host/f', { user: 'ann', password: 'secret', shown: 'ftp://ann:****@host/f' }],
  ['ftp://ann:@host/f', { user: 'ann', password: '' }],
  ['ftp://ann:p%40ss%2Fw%3Ard@host/f', { password: 'p@ss/w:rd' }],
  ['ftp://ann:p@ss:word@host:21/f@2x', { user: 'ann', password: 'p@ss:word', host: 'host', port: 21, path: 'f@2x' }],
  ['ftp://ann@example.com:pw@host/', { user: 'ann@example.com', password: 'pw', host: 'host' }],
  ['ftp://@host/f', { user: undefined }],
  ['ftp://host/a%20b/%C3%BC', { path: 'a b/ü' }],
  ['ftp://host/ü b', { path: 'ü b' }],
  ['ftp://host/caf%E9', { path: 'caf\udce9' }],
  ['ftp://host/what?#1', { path: 'what?#1' }],
  ['ftp://host/f;type=i', { path: 'f', isDirectory: false }],
  ['ftp://host/f;TYPE=A', { path: 'f' }],
  ['ftp://host/d;type=d', { path: 'd', isDirectory: true }],
  ['ftp://host/f;version=1', { path: 'f;version=1' }],
  ['ftp://[::1]:2121/f', { host: '::1', port: 2121 }],
  ['ftp://[fe80::1%25eth0]/f', { host: 'fe80::1%eth0' }],
  ['ftp://127.0.0.1/f', { host: '127.0.0.1' }],
  ['ftp://127.0.0.1:2121/a/@types/', { path: 'a/@types', isDirectory: true }],
  ['ftp://localhost:2121/a@2x', { path: 'a@2x' }],
  ['ftp://[::1]:2121/a@2x', { path: 'a@2x' }],
  ['ftp://ann@host:2121/a@2x', { path: 'a@2x' }],
  ['ftp://host:2121/a%402x', { path: 'a@2x' }],
  ['ftp://host/a@2x', { path: 'a@2x' }],
  ['ftp://bücher.example/f', { host: 'xn--bcher-kva.example' }],
]
for (const [url, parts] of good) {
  test(`parseRemoteUrl() reads ${url}`, () => {
    expect(parseRemoteUrl(url)).toMatchObject(parts)
  })
}

const bad: readonly (readonly [url: string, says: string])[] = [
  ['http://host/f', 'Cannot use "http://host/f" as a URL: it must begin with ftp://, ftps://'],
  ['host/f', 'Cannot use "host/f" as a URL: it must be like ftp://user@host/path'],
  ['ftp://', 'the host is missing'],
  ['ftp:///f', 'the host is missing'],
  ['ftp://ho st/f', 'is no name of a host'],
  ['ftp://host:0/f', 'the port must be a number from 1 to 65535'],
  ['ftp://host:70000/f', 'the port must be'],
  ['ftp://ann:/secret@host/f', 'Cannot use "ftp://ann:****@host/f" as a URL: a / in a user or password'],
  ['ftp://ann:secret@host:x/f', 'Cannot use "ftp://ann:****@host:****" as a URL: the port must be'],
  ['ftp://ann:se/cret@host/f', 'Cannot use "ftp://ann:****@host/f" as a URL: a / in a user or password'],
  [
    'ftp://app:123/secret@host/f',
    'Cannot use "ftp://app:****@host/f" as a URL: a / in a user or password is written %2F, and an @ in a path %40',
  ],
  ['ftp://host/100%', 'a % must be followed by two hexadecimal digits'],
  ['ftp://ann:100%@host/f', 'Cannot use "ftp://ann:****@host/f" as a URL: a % must be'],
  ['ftp://host/a%0D%0ADELE%20b', 'there must be no line break'],
  ['ftp://host/a%00', 'there must be no line break and no NUL'],
]
for (const [url, says] of bad) {
  test(`parseRemoteUrl() refuses ${url}`, () => {
    expect(() => parseRemoteUrl(url)).toThrow(UsageError)
    expect(() => parseRemoteUrl(url)).toThrow(says)
  })
}

for (const url of [
  'ftp:/u:PW@h/f',
  'ftp:u:PW@h/f',
  '//u:PW@h/f',
  'u:PW@h/f',
  'ftp//u:PW@h/f',
  'ftp://u:PW',
  'ftp://:PW',
  'ftp://u:1/PW@h/f',
  'ftp://u:/PW@h/f',
  'ftp://u:65535/a/PW@h',
  'ftp://u.v:21/PW@1.2.3.4/f',
]) {
  test(`parseRemoteUrl() shows no password where it refuses ${url}`, () => {
    expect(() => parseRemoteUrl(url)).toThrow(/^(?!.*PW).*\*\*\*\*/)
  })
}

test('parseRemoteUrl() never shows a password, whatever else is wrong', () => {
  const texts = fc.record({
    user: fc.stringMatching(/^[a-z]{1,8}$/),
    rest: fc.constantFrom('host/f', 'host:x/', '', 'host:0', 'a b', '[::1/', 'host/%zz', '@', ':'),
    password: fc.stringMatching(/^([0-9]{1,5}\/)?[A-Z:%?#]{0,8}SECRET[A-Z/@:%?#]{0,8}$/),
  })
  fc.assert(
    fc.property(texts, ({ user, password, rest }) => {
      try {
        expect(parseRemoteUrl(`ftp://${user}:${password}@${rest}`).shown).not.toContain('SECRET')
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError)
        expect((error as Error).message).not.toContain('SECRET')
      }
    }),
  )
})

test('parseRemoteUrl() reads what encodeURIComponent() has written', () => {
  const text = fc.string({ unit: 'binary', minLength: 1 }).filter((part) => !/[\r\n\0]/.test(part) && part !== '')
  fc.assert(
    fc.property(text, text, (password, name) => {
      const url = `ftp://ann:${encodeURIComponent(password)}@host/dir/${encodeURIComponent(name)}`
      const parsed = parseRemoteUrl(url)
      expect(parsed.password).toBe(password)
      if (!/\/$/.test(name)) expect(parsed.path).toBe(`dir/${name}`)
    }),
  )
})

test.each([
  ['ftp://host', true],
  ['http://host', true],
  ['ftp+tls://host', true],
  ['C:\\file', false],
  ['c://file', false],
  ['dir/ftp://x', false],
  ['-', false],
])('isUrl() of %s is %s', (text, expected) => {
  expect(isUrl(text)).toBe(expected)
})
