import { expect, test } from 'vitest'
import { BudgetError, OutageError } from '../../redis/index.ts'
import { Failure } from '../failure.ts'
import { RedisFailure, reasonIn, redisFailure } from './redis-failure.ts'
import { parseRedisUrl } from './redis-url.ts'
import { Silence } from './silence.ts'

const context = { url: parseRedisUrl('rediss://host/uplink'), password: 'secret', timeout: 5000 }
const coded = (code: string) => Object.assign(new Error(`connect ${code}`), { code })

const cases = [
  { cause: coded('ECONNREFUSED'), reason: 'nothing listens there (ECONNREFUSED)', mayPass: true },
  { cause: coded('ENOTFOUND'), reason: 'the name of the host is not known (ENOTFOUND)', mayPass: true },
  { cause: new Silence(), reason: 'there was no answer for 5 s', mayPass: true },
  { cause: new Error('Socket closed unexpectedly'), reason: 'it broke the connection', mayPass: true },
  { cause: new Error('LOADING Redis is loading'), reason: 'it is still loading its data (LOADING)', mayPass: true },
  {
    cause: new Error("READONLY You can't write"),
    reason: 'it is a replica, where nothing can be written (READONLY)',
    mayPass: true,
  },
  { cause: new OutageError('uplink', 'Redis does not answer'), reason: 'Redis does not answer', mayPass: true },
  {
    cause: new Error('NOPERM this user has no permissions'),
    reason: 'the user may not do what sharing a budget needs (NOPERM)',
    mayPass: false,
  },
  { cause: new Error('WRONGPASS invalid'), reason: 'it refused the password (WRONGPASS)', mayPass: false },
  { cause: coded('CERT_HAS_EXPIRED'), reason: 'its certificate has expired (CERT_HAS_EXPIRED)', mayPass: false },
  {
    cause: new Error('MOVED 1 127.0.0.1:1'),
    reason: 'it is a node of a cluster, and sends elsewhere who asks (MOVED)',
    mayPass: false,
  },
  { cause: new Error('Unknown RESP type 72 "H"'), reason: 'it speaks as no Redis does', mayPass: false },
  {
    cause: new TypeError('Cannot read the reply of Redis: ["OK"]'),
    reason: 'it speaks as no Redis does',
    mayPass: false,
  },
  { cause: new Error('something\nnew'), reason: 'something new', mayPass: false },
]
for (const { cause, reason, mayPass } of cases) {
  test(`redisFailure() explains ${cause.message || cause.name}`, () => {
    for (const error of [cause, new OutageError('uplink', 'so', { cause })]) {
      const failure = redisFailure(error, context)
      expect(failure).toBeInstanceOf(RedisFailure)
      expect(failure).toMatchObject({ reason, mayPass })
      expect(failure.message.startsWith(`Cannot use rediss://host/uplink: ${reason}`)).toBe(true)
      expect(reasonIn(failure)).toBe(reason)
    }
  })
}

test('redisFailure() tells the key that has something else, and what to do', () => {
  const failure = redisFailure(new BudgetError('uplink', 'key', "there is something else under the key 'key'"), context)
  expect(failure.message).toBe(
    "Cannot share the budget 'uplink': there is something else under the key 'key'; share another budget, or clear that key",
  )
  expect(failure.code).toBe('ERR_SLUICE_BUDGET')
})

test('redisFailure() gives back what explains itself', () => {
  const failure = new Failure('CODE', 'Cannot do it: so; do that')
  expect(redisFailure(failure, context)).toBe(failure)
  expect(reasonIn(failure)).toBe(failure.message)
})

test('redisFailure() keeps no password, wherever it stands', () => {
  const failure = redisFailure(Object.assign(new Error('args: secret'), { args: ['secret'] }), context)
  expect(failure.message).toBe('Cannot use rediss://host/uplink: args: ****')
  expect(failure.cause).toBeUndefined()
})

const long = 'S3cret'.repeat(40)
const logins = [
  `ERR unknown command \`HELLO\`, with args beginning with: \`3\`, \`AUTH\`, \`default\`, \`${long.slice(0, 128)}\``,
  `ERR unknown command 'AUTH', with args beginning with: '${long.slice(0, 128)}'`,
  `ERR no such thing, with args beginning with: '${long.slice(0, 5)}'`,
  `ERR what is ${long.slice(0, 100)}?`,
  'WRONGPASS invalid username-password pair or user is disabled.',
]
for (const text of logins) {
  test(`redisFailure() keeps nothing of a failed login: ${text.slice(0, 30)}`, () => {
    for (const error of [new Error(text), new OutageError('uplink', text, { cause: new Error(text) })]) {
      const failure = redisFailure(error, { ...context, password: long })
      expect(failure.cause).toBeUndefined()
      expect(failure.message).not.toContain('S3')
    }
  })
}
