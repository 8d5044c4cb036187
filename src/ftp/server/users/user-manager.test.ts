import { expect, test } from 'vitest'
import type { Login, User } from './user.ts'
import { UserList } from './user-manager.ts'

const login = (name: string, password: string): Login => ({
  name,
  password,
  address: '127.0.0.1',
  secure: false,
  signal: new AbortController().signal,
})
const ann: User = { name: 'ann', password: 'secret' }
const bob: User = { name: 'bob', password: async ({ password }) => password.length === 3 }

const cases = [
  { title: 'lets in who has the password', name: 'ann', password: 'secret', user: 'ann' },
  { title: 'refuses a wrong password', name: 'ann', password: 'Secret', user: undefined },
  { title: 'refuses no password', name: 'ann', password: '', user: undefined },
  { title: 'refuses who is unknown', name: 'eve', password: 'secret', user: undefined },
  { title: 'refuses who is unknown without a password', name: 'eve', password: '', user: undefined },
  { title: 'minds the case of names', name: 'Ann', password: 'secret', user: undefined },
  { title: 'asks a function', name: 'bob', password: 'abc', user: 'bob' },
  { title: 'heeds a function', name: 'bob', password: 'abcd', user: undefined },
  { title: 'lets nobody in as anonymous', name: 'anonymous', password: '', user: undefined },
]
for (const { title, name, password, user } of cases) {
  test(`UserList.authenticate() ${title}`, async () => {
    expect((await new UserList([ann, bob]).authenticate(login(name, password)))?.name).toBe(user)
  })
}

for (const name of ['anonymous', 'ftp', 'Anonymous']) {
  test(`UserList.authenticate() lets ${name} in with any password if guests are welcome`, async () => {
    const user = await new UserList([ann], { permissions: 'read-only' }).authenticate(login(name, 'me@here'))
    expect(user).toMatchObject({ name: 'anonymous', permissions: 'read-only' })
  })
}

const truthy: User = { name: 'x', password: (() => 'no') as unknown as () => boolean }
test('UserList.authenticate() takes nothing but true for a yes', async () => {
  expect(await new UserList([truthy]).authenticate(login('x', 'y'))).toBeUndefined()
})

const wrong: { title: string; users: unknown[] }[] = [
  { title: 'a password that is missing', users: [{ name: 'ann', password: undefined }] },
  { title: 'a name that is empty', users: [{ name: '', password: 'x' }] },
  { title: 'a name that occurs twice', users: [ann, ann] },
  { title: 'a home that is relative', users: [{ ...ann, home: 'a' }] },
  { title: 'permissions that there are not', users: [{ ...ann, permissions: 'root' }] },
  { title: 'no connections', users: [{ ...ann, maxConnections: 0 }] },
  { title: 'a limit that can not be read', users: [{ ...ann, limits: { userGlobal: 'fast' } }] },
]
for (const { title, users } of wrong) {
  test(`UserList() refuses ${title}`, () => {
    expect(() => new UserList(users as User[])).toThrow(/^Cannot/)
  })
}

test('UserList() does not show a password that is wrong', () => {
  expect(() => new UserList([{ name: 'ann', password: 12345 as unknown as string }])).toThrow(/is number$/)
})
