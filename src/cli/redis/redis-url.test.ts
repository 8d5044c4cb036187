import { expect, test } from 'vitest'
import { parseRedisUrl } from './redis-url.ts'

const plain = { tls: false, host: 'host', port: 6379, user: undefined, password: undefined, db: 0, name: 'uplink' }

const cases = [
  { text: 'redis://host/uplink', is: { ...plain, shown: 'redis://host/uplink' } },
  { text: 'redis://host', is: { ...plain, name: undefined, shown: 'redis://host/' } },
  { text: 'redis://host/', is: { ...plain, name: undefined, shown: 'redis://host/' } },
  { text: 'rediss://host:7000/uplink', is: { ...plain, tls: true, port: 7000, shown: 'rediss://host:7000/uplink' } },
  { text: 'REDIS://Host/uplink', is: { ...plain, shown: 'REDIS://Host/uplink' } },
  { text: 'redis://[::1]:7000/uplink', is: { ...plain, host: '::1', port: 7000, shown: 'redis://[::1]:7000/uplink' } },
  { text: 'redis://[fe80::1%25eth0]/uplink', is: { ...plain, host: 'fe80::1%eth0' } },
  { text: 'redis://ann:se%20cret@host/uplink', is: { ...plain, user: 'ann', password: 'se cret' } },
  { text: 'redis://ann:s@c:t@host/uplink', is: { ...plain, user: 'ann', password: 's@c:t' } },
  { text: 'redis://:secret@host/uplink', is: { ...plain, password: 'secret', shown: 'redis://:****@host/uplink' } },
  { text: 'redis://ann@host/uplink', is: { ...plain, user: 'ann', shown: 'redis://ann@host/uplink' } },
  { text: 'redis://ann:@host/uplink', is: { ...plain, user: 'ann', password: '' } },
  { text: 'redis://host/uplink?db=3', is: { ...plain, db: 3, shown: 'redis://host/uplink?db=3' } },
  { text: 'redis://host?db=3', is: { ...plain, db: 3, name: undefined, shown: 'redis://host/?db=3' } },
  { text: 'redis://host/site/up%20link', is: { ...plain, name: 'site/up link', shown: 'redis://host/site/up%20link' } },
]
for (const { text, is } of cases) {
  test(`parseRedisUrl() reads ${text}`, () => {
    expect(parseRedisUrl(text)).toMatchObject(is)
  })
}

const wrong: readonly { text: string; shown?: string; says: string }[] = [
  { text: '', says: 'it must begin with redis://' },
  { text: 'host/uplink', says: 'it must begin with redis://' },
  { text: 'ftp://host/uplink', says: 'it must begin with redis://' },
  { text: 'redis:///uplink', says: 'the host is missing' },
  { text: 'redis://[]/uplink', says: 'the host is missing' },
  { text: 'redis://ho st/uplink', says: '"ho st" is no name of a host' },
  { text: 'redis://host:0/uplink', says: 'the port must be a number from 1 to 65535' },
  { text: 'redis://host:99999/uplink', says: 'the port must be' },
  { text: 'redis://host:/uplink', says: 'the port must be' },
  { text: 'redis://host/up%link', says: 'a % must be followed by' },
  { text: 'redis://host/up%FFlink', says: 'a % must be followed by' },
  { text: 'redis://host/up@link', says: 'there must be no @ in the name (write %40)' },
  { text: 'redis://host/up{link}', says: 'the name of a budget must be' },
  { text: `redis://host/${'a'.repeat(257)}`, says: 'the name of a budget must be' },
  { text: 'redis://host/uplink?db=one', shown: 'redis://host/uplink?****', says: 'such as ?db=1' },
  { text: 'redis://host/uplink?limit=1', shown: 'redis://host/uplink?****', says: 'such as ?db=1' },
  { text: 'redis://host/uplink#1', shown: 'redis://host/uplink#****', says: 'it must be like redis://' },
]
for (const { text, shown = text, says } of wrong) {
  test(`parseRedisUrl() refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
    expect(() => parseRedisUrl(text)).toThrow(RangeError)
    expect(() => parseRedisUrl(text)).toThrow(`Cannot use ${JSON.stringify(shown)} as a budget: `)
    expect(() => parseRedisUrl(text)).toThrow(says)
  })
}

for (const text of [
  'redis://ann:secret@host:x/uplink',
  'redis://:se/cret@host',
  'http://ann:secret@host',
  'redis://a:secret@',
  'redis:/u:secret@h/n',
  'redis:u:secret@h/n',
  'redis:secret@h/n',
  '//u:secret@h/n',
  'u:secret@h/n',
  'redis//u:secret@h/n',
  ' redis://u:secret@h/n',
  'redis:///u:secret@h/n',
  'redis://redis://u:secret@h/n',
  'redis://u:secret',
  'redis://:secret',
  'redis://u:se/cret',
  'redis:/u:secret',
  '//u:secret',
  'u:secret',
  'redis://h/n?password=secret',
  'redis://h?password=secret@x/n',
  'redis://h:1/n?password=a@secret',
  'redis://h/n?db=1&password=secret',
  'redis://u:1?secret@h/n{',
  'redis://h/n#secret',
  'redis://app:123/secret@host/n',
  'redis://a/b:secret@h/n',
  'redis://u%3Asecret@h/n{',
  'redis://u:p@h:secret/n',
  'redis://u:p\nsecret@h/n{',
]) {
  test(`parseRedisUrl() shows no password where it refuses ${text}`, () => {
    expect(() => parseRedisUrl(text)).toThrow(/^(?!.*cret).*\*\*\*\*/)
  })
}

test('parseRedisUrl() shows no password behind a colon that was encoded', () => {
  expect(parseRedisUrl('redis://u%3asecret@h/n').shown).toBe('redis://u%3A****@h/n')
})
