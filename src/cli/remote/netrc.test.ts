import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findLogin, type NetrcEntry, parseNetrc } from './netrc.ts'

const entry = (machine: string | undefined, more: Partial<NetrcEntry> = {}): NetrcEntry => ({
  machine,
  login: undefined,
  password: undefined,
  account: undefined,
  ...more,
})

const good: readonly (readonly [title: string, text: string, entries: readonly NetrcEntry[]])[] = [
  ['an empty file', '', []],
  ['white space', ' \n\t\r\n', []],
  ['one line', 'machine h login ann password pw', [entry('h', { login: 'ann', password: 'pw' })]],
  [
    'a line for each word',
    'machine\nh\n  login\n  ann\n  password\n  pw\n  account\n  a\n',
    [entry('h', { login: 'ann', password: 'pw', account: 'a' })],
  ],
  ['CRLF', 'machine h\r\nlogin ann\r\npassword pw\r\n', [entry('h', { login: 'ann', password: 'pw' })]],
  ['several', 'machine a login x machine b login y', [entry('a', { login: 'x' }), entry('b', { login: 'y' })]],
  ['a default', 'default login ann password pw', [entry(undefined, { login: 'ann', password: 'pw' })]],
  ['words of BSD', 'machine h user ann passwd pw', [entry('h', { login: 'ann', password: 'pw' })]],
  ['comments', '# machine x\nmachine h # it is\nlogin ann', [entry('h', { login: 'ann' })]],
  ['a password that begins with #', 'machine h password #1', [entry('h', { password: '#1' })]],
  ['a password that is a keyword', 'machine h password login', [entry('h', { password: 'login' })]],
  ['quotes', 'machine "h" password "two words \\"and\\" \\\\"', [entry('h', { password: 'two words "and" \\' })]],
  ['escapes', 'machine h password "a\\tb\\nc\\x"', [entry('h', { password: 'a\tb\ncx' })]],
  ['an empty password', 'machine h password "" login ann', [entry('h', { password: '', login: 'ann' })]],
  ['a backslash outside of quotes', 'machine h login DOMAIN\\ann', [entry('h', { login: 'DOMAIN\\ann' })]],
  ['a quote in a word', 'machine h password a"b', [entry('h', { password: 'a"b' })]],
  [
    'a macro',
    'machine h login ann\nmacdef init\ncd /pub\nmachine evil login x\n\nmachine i login bob',
    [entry('h', { login: 'ann' }), entry('i', { login: 'bob' })],
  ],
  ['a macro at the end', 'machine h\nmacdef init\nbin', [entry('h')]],
  ['a byte order mark', '\ufeffmachine h', [entry('h')]],
]
for (const [title, text, entries] of good) {
  test(`parseNetrc() reads ${title}`, () => {
    expect(parseNetrc(text)).toEqual(entries)
  })
}

const bad: readonly (readonly [text: string, says: string])[] = [
  ['machine h\nlogn ann', 'line 2: machine, default, login, password or account is due'],
  ['login ann', 'line 1: login stands before any machine'],
  ['machine h password', 'line 1: password has no value'],
  ['machine h\n\npassword "SECRET', 'line 3: password has no value'],
  ['machine h password "SEC"RET', 'line 1: machine, default'],
]
for (const [text, says] of bad) {
  test(`parseNetrc() refuses ${JSON.stringify(text)}`, () => {
    expect(() => parseNetrc(text)).toThrow(says)
    expect(() => parseNetrc(text)).not.toThrow('SECRET')
  })
}

test('parseNetrc() reads any value in quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (login, password) => {
      const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
      const text = `machine h login ${quoted(login)} password ${quoted(password)}\nmachine i`
      expect(parseNetrc(text)).toEqual([entry('h', { login, password }), entry('i')])
    }),
  )
})

const entries = parseNetrc(`
  machine one login ann password 1
  machine one login bob password 2
  machine two password 3
  machine Three login cy password 4
  default login any password 5
`)
test.each([
  ['one', undefined, '1'],
  ['one', 'ann', '1'],
  ['one', 'bob', '2'],
  ['one', 'eve', undefined],
  ['ONE', 'bob', '2'],
  ['two', 'eve', '3'],
  ['two', undefined, '5'],
  ['three', undefined, '4'],
  ['four', undefined, '5'],
  ['four', 'any', '5'],
  ['four', 'eve', undefined],
])('findLogin() for %s and user %s finds the password %s', (host, user, password) => {
  expect(findLogin(entries, host, user)?.password).toBe(password)
})
