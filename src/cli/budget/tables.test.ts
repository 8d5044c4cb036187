import { expect, test } from 'vitest'
import { BudgetError, type BudgetState, type Member } from '../../redis/index.ts'
import { listedJson, stateJson } from './budget-json.ts'
import { budgetTable } from './budget-table.ts'
import { inWords, memberTable } from './member-table.ts'

const MIB = 2 ** 20
const PLAIN = { width: Infinity, colors: false, unicode: true }
const NOW = 1_000_000_000

/** A heavy member with 1 MiB/s, if nothing else is said. */
const member = (name: string, more: Partial<Member> = {}): Member => ({
  ...{ name, weight: 1, since: NOW - 62_000, seen: 50, rate: MIB, bytes: 2 ** 30, waiting: 2, state: 'heavy' },
  ...more,
})
const state = (members: readonly Member[], more: Partial<BudgetState> = {}): BudgetState => ({
  ...{ now: NOW, limit: 4 * MIB, paused: false, version: 1, interval: 100, lead: 150, reserved: 0, members },
  ...more,
})
const foreign = new BudgetError('odd', 'sluice:{odd}', 'there is something else')

test('budgetTable() aligns what there is', () => {
  const budgets = [
    { name: 'backup', found: state([], { limit: null }) },
    { name: 'nightly\n', found: state([], { limit: 5_000_000 / 60, paused: true }) },
    { name: 'odd', found: foreign },
    { name: 'uplink', found: state([member('a'), member('b', { rate: 2.5 * MIB }), member('c', { seen: 9000 })]) },
  ]
  expect(budgetTable(budgets, PLAIN)).toEqual([
    'budget              limit  members        used',
    'backup           no limit        0       0 B/s',
    'nightly\\u000a  81.4 KiB/s        0       0 B/s       paused',
    'odd                     -        -           -       can not be used',
    'uplink            4 MiB/s        3  3.50 MiB/s  88%',
  ])
})

test('budgetTable() leaves out columns with nothing in them, and cuts names where there is no room', () => {
  const budgets = [{ name: 'a-budget-with-a-very-long-name', found: state([], { limit: null }) }]
  expect(budgetTable(budgets, { ...PLAIN, width: 44 })).toEqual([
    'budget                 limit  members   used',
    'a-budget-…ong-name  no limit        0  0 B/s',
  ])
})

test('memberTable() tells of each member, and of silent ones for how long', () => {
  const members = [
    member('cron', {
      weight: 1 / 3,
      rate: 2048,
      bytes: 5_000_000,
      waiting: 0,
      state: 'light',
      since: NOW - 90_061_000,
    }),
    member('gone-\x1b[31m', { state: 'silent', seen: 7400 }),
    member('unseen', { seen: 2500 }),
    member('web', { weight: 3 }),
  ]
  expect(memberTable(state(members), PLAIN)).toEqual([
    'member           weight     since        rate     bytes  waiting  state',
    'cron             0.3333  1d 01:01  2.00 KiB/s  4.77 MiB        0  light',
    'gone-\\u001b[31m       1      1:02           -  1.00 GiB        -  silent for 0:07',
    'unseen                1      1:02           -  1.00 GiB        -  silent for 0:02',
    'web                   3      1:02  1.00 MiB/s  1.00 GiB        2  heavy',
  ])
})

test('memberTable() stands what is no number, and clocks that are apart', () => {
  const odd = {
    weight: Number.NaN,
    since: Number.NaN,
    seen: Number.NaN,
    rate: Number.NaN,
    bytes: -5,
    waiting: Number.NaN,
  }
  const [, first, second] = memberTable(state([member('a', odd), member('b', { since: NOW + 5000 })]), PLAIN)
  expect(first?.split(/ +/)).toEqual(['a', '0', '-', '0', 'B/s', '0', 'B', '0', 'heavy'])
  expect(second).toContain('  0:00  ')
})

const words: { title: string; state: BudgetState; says: string[] }[] = [
  { title: 'that nobody shares', state: state([]), says: ['uplink: 4 MiB/s; nobody shares it now.'] },
  {
    title: 'that one shares without a limit',
    state: state([member('a')], { limit: null }),
    says: [
      'uplink: no limit; 1 member shares it, and has 1.00 MiB/s now.',
      'A round takes 100 ms; it is sold for 150 ms from now.',
    ],
  },
  {
    title: 'that is paused, and one of its members cut off',
    state: state([member('a'), member('b', { state: 'silent' })], { paused: true, reserved: MIB }),
    says: [
      'uplink: 4 MiB/s; 2 members share it, and have 1.00 MiB/s (25%) now.',
      'It is paused: nothing passes.',
      '1 is silent: killed, or cut off from Redis; 1.00 MiB/s are kept for it.',
      'A round takes 100 ms; it is sold for 150 ms from now.',
    ],
  },
]
for (const { title, state, says } of words) {
  test(`inWords() tells of a budget ${title}`, () => {
    expect(inWords('uplink', state)).toEqual(says)
  })
}

test('stateJson() and listedJson() have what scripts need', () => {
  const found = state([member('a', { rate: 1000.4 }), member('b', { seen: 9000.2, since: Number.NaN })])
  const shared = { name: 'uplink', limitBytesPerSecond: 4 * MIB, bytesPerSecond: 1000, paused: false }
  const figures = { weight: 1, bytes: 2 ** 30, waiting: 2 }
  expect(stateJson('uplink', found)).toEqual({
    ...shared,
    ...{ keptBytesPerSecond: 0, intervalMs: 100, leadMs: 150 },
    members: [
      {
        ...figures,
        name: 'a',
        since: new Date(NOW - 62_000).toISOString(),
        seenMs: 50,
        bytesPerSecond: 1000,
        state: 'heavy',
      },
      { ...figures, name: 'b', since: null, seenMs: 9000, bytesPerSecond: 0, state: 'silent' },
    ],
  })
  expect(listedJson({ name: 'uplink', found })).toEqual({ ...shared, members: 2 })
  expect(listedJson({ name: 'odd', found: foreign })).toEqual({
    name: 'odd',
    error: { code: 'ERR_SLUICE_BUDGET', message: foreign.message },
  })
})

test('memberTable() bounds names and figures, whatever is in Redis', () => {
  const long = member('n'.repeat(100_000), { rate: 1e300, bytes: 1e300, weight: 1e300, since: 1e-300, waiting: 1e300 })
  for (const line of memberTable(state([long, member('web')]), PLAIN)) expect(line.length).toBeLessThan(400)
  expect(
    inWords('uplink', state([long], { limit: 1e300, reserved: 1e300, interval: 1e300, lead: 1e300 })).join('\n').length,
  ).toBeLessThan(400)
})
