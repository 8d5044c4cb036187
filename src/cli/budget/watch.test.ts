import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BudgetState, Member } from '../../redis/index.ts'
import { displayWidth } from '../progress/display-width.ts'
import { bar } from './bar.ts'
import { Rates } from './rates.ts'
import { Roster, type Watched } from './roster.ts'
import type { View } from './view.ts'
import { watchLines } from './watch-lines.ts'
import { watchText } from './watch-text.ts'

const MIB = 2 ** 20
const STYLE = { width: 79, height: 20, colors: false, unicode: true }

const member = (name: string, more: Partial<Member> = {}): Member => ({
  ...{ name, weight: 1, since: 1, seen: 50, rate: MIB, bytes: 2 ** 30, waiting: 2, state: 'heavy' },
  ...more,
})
const state = (members: readonly Member[], more: Partial<BudgetState> = {}): BudgetState => ({
  ...{ now: 1000, limit: 4 * MIB, paused: false, version: 1, interval: 100, lead: 150, reserved: 0, members },
  ...more,
})
/** All that are there, after they had the same for three looks. */
const view = (members: readonly Member[], more: Partial<BudgetState> = {}, rest: Partial<View> = {}): View => ({
  ...{ name: 'uplink', state: state(members, more), outage: undefined },
  watched: members.map((each) => ({ member: each, rates: Array(3).fill(each.rate), change: undefined })),
  ...rest,
})
const changed = (change: Watched['change'], of: Member): Watched => ({ member: of, rates: [of.rate], change })

for (const { part, unicode, drawn } of [
  { part: 0, unicode: true, drawn: '░░░░' },
  { part: 0.5, unicode: true, drawn: '██░░' },
  { part: 0.57, unicode: true, drawn: '██▎░' },
  { part: 7, unicode: true, drawn: '████' },
  { part: Number.NaN, unicode: true, drawn: '░░░░' },
  { part: 0.6, unicode: false, drawn: '##..' },
]) {
  test(`bar() of ${part} is ${drawn}`, () => {
    expect(bar(part, 4, unicode).join('')).toBe(drawn)
  })
}

test('watchLines() draws a line for each member and one for all', () => {
  const there = [member('cron', { rate: MIB / 4, state: 'light', waiting: 0 }), member('web', { weight: 2 })]
  const late = member('late', { rate: 0.5 * MIB })
  const cutOff = member('lost', { state: 'silent' })
  const base = view([...there, late, cutOff], { reserved: MIB })
  const watched = [...base.watched.slice(0, 2), changed('came', late), changed('left', member('old'))]
  const lines = watchLines({ ...base, watched: [...watched, ...base.watched.slice(3)] }, { ...STYLE, width: 68 })
  expect(lines).toEqual([
    'uplink  4 MiB/s  4 members  1 silent, 1.00 MiB/s kept for it',
    '  member    weight        rate                       waiting  state ',
    '  cron           1   256 KiB/s                  ▃▃▃        0  light ',
    '  web            2  1.00 MiB/s                  ▇▇▇        2  heavy ',
    '+ late           1   512 KiB/s                    ▄        2  heavy ',
    '- old            1           -                    ▇        -  gone  ',
    '? lost           1           -                  ▇▇▇        -  silent',
    '  total          5  1.75 MiB/s  ████████▍░░░░░░░░░░  44%            ',
  ])
})

const boards: { title: string; view: View; style?: Partial<typeof STYLE>; shows: (string | RegExp)[] }[] = [
  {
    title: 'the busiest where there is no room for all',
    view: view(['a', 'b', 'c', 'd', 'e'].map((name, i) => member(name, { rate: (i % 3) * MIB }))),
    style: { height: 6 },
    shows: [
      'uplink  4 MiB/s  5 members',
      /^ {2}member/,
      /^ {2}b /,
      /^ {2}c /,
      '  and 3 more',
      /^ {2}total +5 +4\.00 MiB/,
    ],
  },
  {
    title: 'no more than the sum in two lines',
    view: view([member('a')]),
    style: { height: 2 },
    shows: [/^uplink/, /^ {2}total/],
  },
  {
    title: 'no more than the head in one',
    view: view([member('a')]),
    style: { height: 1 },
    shows: [/^uplink {2}4 MiB/],
  },
  {
    title: 'no bar without a limit',
    view: view([member('a')], { limit: null }),
    shows: [/no limit/, /./, /./, /^ {2}total +1 +1\.00 MiB\/s *$/],
  },
  {
    title: 'that it is paused',
    view: view([], { paused: true }),
    shows: ['uplink  4 MiB/s  0 members  paused: nothing passes', /./, /0 B\/s/],
  },
  {
    title: 'that it waits for a budget',
    view: { name: 'up\nlink', state: undefined, watched: [], outage: undefined },
    shows: ['up\\u000alink  there is no such budget: waiting for it'],
  },
  {
    title: 'that Redis is gone, and what was known before',
    view: view([member('a')], {}, { outage: { lasts: 65_000, reason: 'nothing listens there' } }),
    shows: [
      /^uplink {2}4 MiB\/s {2}1 member {2}no answer from Redis for 1:05: nothing listens there$/,
      /./,
      /^ {2}a /,
      /total/,
    ],
  },
  {
    title: 'bad news first where there is no room',
    view: view([member('a')], {}, { outage: { lasts: 0, reason: undefined } }),
    style: { width: 40 },
    shows: ['uplink  no answer from Redis for 0:00', /./, /./, /./],
  },
  {
    title: 'ASCII where nothing else shows',
    view: view([member('a')]),
    style: { unicode: false },
    shows: [/./, /./, /@?###?|\*\*\*|###/, /#{5,}\.{5,}/],
  },
]
for (const { title, view, style, shows } of boards) {
  test(`watchLines() shows ${title}`, () => {
    const lines = watchLines(view, { ...STYLE, ...style })
    expect(lines).toHaveLength(shows.length)
    for (const [i, expected] of shows.entries()) {
      if (typeof expected === 'string') expect(lines[i]).toBe(expected)
      else expect(lines[i]).toMatch(expected)
    }
  })
}

test('watchLines() fits into any terminal, whatever members are called', () => {
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 50 })
  const change = fc.constantFrom(undefined, 'came' as const, 'left' as const)
  const figures = fc.record({
    rate: fc.double({ min: 0, max: 1e12 }),
    weight: fc.double({ noNaN: false }),
    waiting: fc.nat(),
  })
  const watched = fc.array(fc.tuple(name, figures, change), { maxLength: 12 })
  const style = fc.record({
    ...{ width: fc.integer({ min: 1, max: 200 }), height: fc.integer({ min: 1, max: 15 }) },
    ...{ colors: fc.boolean(), unicode: fc.boolean() },
  })
  fc.assert(
    fc.property(name, watched, style, fc.boolean(), (budget, all, style, isOut) => {
      const members = all.map(([each, figures]) => member(each, figures))
      const lines = watchLines(
        {
          ...view(members, {}, { name: budget, outage: isOut ? { lasts: 1e7, reason: 'x'.repeat(90) } : undefined }),
          watched: all.map(([, , change], i) => ({ member: members[i] ?? member(''), rates: [1, 2], change })),
        },
        style,
      )
      expect(lines.length).toBeLessThanOrEqual(style.height)
      for (const line of lines) {
        const shown = stripVTControlCharacters(line)
        expect(shown).not.toMatch(/\p{Cc}/u)
        expect(displayWidth(shown), shown).toBeLessThanOrEqual(style.width)
      }
    }),
  )
})

test('watchLines() keeps its columns where they are, for whoever watches', () => {
  const places = [
    view([member('a')]),
    view([member('a', { rate: 3 }), member('b', { rate: 1e9, waiting: 12_345 })]),
  ].map((each) => watchLines(each, STYLE)[1]?.indexOf('state'))
  expect(places[0]).toBe(places[1])
})

test('watchText() tells all in a line', () => {
  const a = member('a')
  const lost = member('lost\n', { state: 'silent' })
  const watched = [
    changed(undefined, a),
    changed('left', member('old')),
    changed(undefined, lost),
    changed('came', member('z')),
  ]
  expect(watchText(view([a, lost, member('z')], {}, { watched }))).toBe(
    'uplink: 2.00 MiB/s of 4 MiB/s (50%); 3 members: old gone, lost\\u000a silent, z 1.00 MiB/s (new), a 1.00 MiB/s; 1 silent',
  )
  expect(watchText(view([], { limit: null }))).toBe('uplink: 0 B/s, no limit; 0 members')
  const many = Array.from({ length: 11 }, (_, i) => member(`m${i}`, { rate: i * 1000 }))
  expect(watchText(view(many))).toMatch(/11 members: m10 .*, m3 2\.93 KiB\/s, and 3 more$/)
  expect(watchText(view([], {}, { outage: { lasts: 1000, reason: 'x' } }))).toBe(
    'uplink: no answer from Redis for 0:01: x',
  )
})

test('Roster.update() marks who came and went for a while, and keeps what they had', () => {
  const roster = new Roster()
  const seen = () => roster.watched.map(({ member, change, rates }) => [member.name, change, rates.length])
  roster.update([member('b')], 100, 0)
  expect(seen()).toEqual([['b', undefined, 1]])
  roster.update([member('a'), member('b')], 100, 1000)
  expect(seen()).toEqual([
    ['a', 'came', 1],
    ['b', undefined, 2],
  ])
  roster.update([member('a')], 100, 2000)
  expect(roster.watched.at(-1)).toMatchObject({ change: 'left', rates: [MIB, MIB, 0] })
  roster.update([member('a')], 100, 6500)
  roster.update([member('a')], 100, 7500)
  roster.update([member('a')], 100, 8500)
  roster.update([member('a')], 100, 9500)
  expect(seen()).toEqual([['a', undefined, 6]])
})

test('Roster.update() marks nobody who came anew after Redis lost its memory', () => {
  const roster = new Roster()
  roster.update([member('a')], 100, 0)
  roster.update([member('a', { since: 2 })], 100, 1000)
  expect(roster.watched).toMatchObject([{ change: undefined }])
})

test('Rates.measure() tells what moved from one purchase to the next', () => {
  const rates = new Rates()
  const look = (now: number, bytes: number, seen: number, since = 1) =>
    rates.measure(state([member('a', { rate: 7, bytes, seen, since })]), now).members[0]?.rate
  // The first look has nothing to compare with.
  expect(look(1000, 100_000, 20)).toBe(7)
  expect(look(2000, 200_000, 20)).toBe(100_000)
  // Delays of looks don't count: purchases do.
  expect(look(3050, 300_000, 70)).toBe(100_000)
  expect(look(4000, 300_000, 20)).toBe(50_000)
  // Who comes again begins anew.
  expect(look(5000, 50, 10, 2)).toBe(7)
})
