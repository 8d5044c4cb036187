import { expect, test } from 'vitest'
import { UsageError } from '../failure.ts'
import { readBudget, readChanges, readInterval, readRedis } from './budget-options.ts'

test('readRedis() takes a Redis, readBudget() a budget in it', () => {
  expect(readRedis('redis://host', { redisPasswordFile: 'file' })).toMatchObject({
    url: { host: 'host', port: 6379, name: undefined },
    passwordFile: 'file',
  })
  expect(readBudget('rediss://host:1/a%2Fb', {})).toMatchObject({ url: { tls: true, port: 1 }, name: 'a/b' })
})

const wrong: { title: string; read: () => unknown; says: RegExp }[] = [
  { title: 'a budget where a Redis is due', read: () => readRedis('redis://host/a', {}), says: /leave the name out/ },
  { title: 'a Redis where a budget is due', read: () => readBudget('redis://host', {}), says: /its name is missing/ },
  { title: 'another scheme', read: () => readBudget('http://host/a', {}), says: /must begin with redis:/ },
  { title: 'nothing to set', read: () => readChanges({}), says: /Cannot set nothing/ },
  { title: 'no rate', read: () => readChanges({ limit: 'fast' }), says: /^--limit: Cannot read "fast" as a rate/ },
  { title: 'a weight of nobody', read: () => readChanges({ weight: '2' }), says: /without --member/ },
  {
    title: 'a member and nothing else',
    read: () => readChanges({ limit: '1M', member: 'a' }),
    says: /without --weight/,
  },
  { title: 'no weight', read: () => readChanges({ weight: '0', member: 'a' }), says: /^--weight: Cannot use "0"/ },
  {
    title: 'too much weight',
    read: () => readChanges({ weight: '1000001', member: 'a' }),
    says: /^--weight: Cannot use "1000001" as a weight: it must be a number from 0.000001 to 1000000/,
  },
  {
    title: 'too high a limit',
    read: () => readChanges({ limit: '9PiB/s' }),
    says: /^--limit: Cannot use "9PiB\/s" as the limit of a budget: it must not be more than 8PiB\/s/,
  },
  { title: 'no number', read: () => readChanges({ weight: 'Infinity', member: 'a' }), says: /^--weight: Cannot use/ },
  { title: 'an odd member', read: () => readChanges({ weight: '1', member: '{' }), says: /^--member: / },
  { title: 'looks too often', read: () => readInterval({ interval: '10ms' }), says: /^--interval: Cannot use "10ms"/ },
  { title: 'looks too seldom', read: () => readInterval({ interval: '2h' }), says: /^--interval: Cannot use "2h"/ },
]
for (const { title, read, says } of wrong) {
  test(`sluice budget refuses ${title}`, () => {
    expect(read).toThrow(UsageError)
    expect(read).toThrow(says)
  })
}

test('readChanges() and readInterval() give what is meant', () => {
  expect(readChanges({ limit: 'none' })).toEqual({ limit: null, weight: undefined })
  expect(readChanges({ limit: '1KiB/s', weight: '0.5', member: 'a' })).toEqual({
    limit: 1024,
    weight: { member: 'a', weight: 0.5 },
  })
  expect(readInterval({})).toBe(1000)
  expect(readInterval({ interval: '2s' })).toBe(2000)
})
