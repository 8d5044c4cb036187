import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { Failure, UsageError } from '../failure.ts'
import { readServeOptions } from './serve-options.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../../test/fixtures/${name}`, import.meta.url))
const [CERT, KEY] = [fixture('localhost-cert.pem'), fixture('localhost-key.pem')]
const folder = mkdtempSync(join(tmpdir(), 'sluice-serve-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (options: Record<string, unknown>, env = {}) => readServeOptions('dir', options, env)

test('readServeOptions() has defaults: this machine only, where anybody may write', () => {
  expect(read({})).toMatchObject({
    root: 'dir',
    host: '127.0.0.1',
    port: 2121,
    limit: null,
    server: { root: 'dir', anonymous: { permissions: 'all' }, tlsMode: 'explicit' },
  })
  expect(read({}).server).not.toHaveProperty('users')
  expect(read({}).server).not.toHaveProperty('tls')
})

test('readServeOptions() reads text', () => {
  const options = {
    ...{ host: '::', port: '0', limit: '1MiB/s', limitPerConnection: '2kB/s', limitPerUser: '3kB/s', readOnly: true },
    ...{ passivePorts: '50000-50099', maxConnections: '7', idleTimeout: '1min', json: true },
  }
  expect(read(options)).toMatchObject({
    host: '::',
    port: 0,
    limit: 2 ** 20,
    json: true,
    server: {
      anonymous: { permissions: 'read-only', limits: { userGlobal: 3000 } },
      limits: { serverGlobal: 2 ** 20, serverPerConnection: 2000 },
      passivePorts: { from: 50_000, to: 50_099 },
      maxConnections: 7,
      idleTimeout: 60_000,
    },
  })
})

test('readServeOptions() knows users, whose passwords may have colons or stand in the environment', () => {
  const { users, anonymous } = read({ user: ['ann:a:b', 'bob'] }, { SLUICE_FTP_PASSWORD: 'c' }).server
  expect(users).toMatchObject([
    { name: 'ann', password: 'a:b', permissions: 'all' },
    { name: 'bob', password: 'c', permissions: 'all' },
  ])
  expect(anonymous).toBeUndefined()
})

test.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1'])('readServeOptions() lets anybody write on %s', (host) => {
  expect(read({ host }).server.anonymous).toMatchObject({ permissions: 'all' })
})

test.each(['0.0.0.0', '::', '192.168.0.7', 'example.com'])(
  'readServeOptions() wants to be told who may write on %s',
  (host) => {
    expect(() => read({ host })).toThrow(`Cannot let anybody write who reaches ${host}`)
    expect(read({ host, writable: true }).server.anonymous).toMatchObject({ permissions: 'all' })
    expect(read({ host, readOnly: true }).server.anonymous).toMatchObject({ permissions: 'read-only' })
    expect(read({ host, user: ['ann:x'] }).server.users).toMatchObject([{ permissions: 'all' }])
  },
)

test('readServeOptions() reads a certificate with its key, or both', () => {
  const both = join(folder, 'both.pem')
  writeFileSync(both, readFileSync(CERT, 'utf8') + readFileSync(KEY, 'utf8'))
  for (const options of [{ tlsCert: both }, { tlsCert: CERT, tlsKey: KEY }]) {
    expect(read({ ...options, requireTls: true, implicitTls: true }).server).toMatchObject({
      tls: { key: expect.stringContaining('PRIVATE KEY') },
      requireTls: true,
      tlsMode: 'implicit',
    })
  }
  writeFileSync(join(folder, 'broken.pem'), '-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n')
  expect(() => read({ tlsCert: CERT, tlsKey: join(folder, 'broken.pem') })).toThrow(Failure)
  expect(() => read({ tlsCert: join(folder, 'missing') })).toThrow('there is no such file')
})

const wrong: readonly (readonly [options: Record<string, unknown>, says: string])[] = [
  [{ port: '70000' }, '--port: Cannot use "70000": it must be a whole number from 0 to 65535'],
  [{ limit: 'fast' }, '--limit: Cannot read "fast" as a rate'],
  [{ limitPerUser: '0' }, '--limit-per-user: Cannot read "0" as a rate'],
  [{ passivePorts: '9-1' }, '--passive-ports: Cannot use "9-1": it must be two ports'],
  [{ passivePorts: '1-99999' }, '--passive-ports: Cannot use "1-99999"'],
  [{ user: ['ann'] }, '--user: Cannot use "ann": give it a password'],
  [{ user: [':x'] }, '--user: Cannot use it: the name is missing'],
  [{ user: ['ann:1', 'ann:2'] }, '--user: Cannot use "ann" twice'],
  [{ tlsCert: CERT }, 'it has no private key; name its file with --tls-key'],
  [{ tlsKey: KEY }, 'Cannot use --tls-key without --tls-cert'],
  [{ requireTls: true }, 'Cannot use --require-tls without --tls-cert'],
  [{ implicitTls: true }, 'Cannot use --implicit-tls without --tls-cert'],
  [{ readOnly: true, writable: true }, 'Cannot use --read-only together with --writable'],
  [{ quiet: true, verbose: true }, 'Cannot use --quiet together with --verbose'],
  [{ idleTimeout: '0' }, '--idle-timeout: Cannot use "0": it must be > 0'],
]
for (const [options, says] of wrong) {
  test(`readServeOptions() refuses ${JSON.stringify(options)}`, () => {
    expect(() => read(options)).toThrow(UsageError)
    expect(() => read(options)).toThrow(says)
  })
}
