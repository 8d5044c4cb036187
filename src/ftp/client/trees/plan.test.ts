import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CompareRules, compareAsked, compareItems } from './compare.ts'
import type { Item } from './item.ts'
import { planExtras, planItem, type Step } from './plan.ts'
import { FolderFilter } from './tree-filter.ts'

const at = (text: string) => new Date(`2026-03-04T${text}Z`)

function item(name: string, more: Partial<Item> = {}): Item {
  return { name, type: 'file', size: 10, modified: at('10:20:30'), modifiedTo: 's', ...more }
}

const here = (more: Partial<Item> = {}) => item('a', { modifiedTo: 'ms', ...more })
const there = (more: Partial<Item> = {}) => item('a', more)
const listed = (time: string, modifiedTo: 'min' | 'day' = 'min') => there({ modified: at(time), modifiedTo })
const keeping: CompareRules = { compare: 'time-and-size', keepsTimes: true }
const losing: CompareRules = { compare: 'time-and-size', keepsTimes: false }

const comparisons: [title: string, source: Item, target: Item, rules: CompareRules, verdict: string][] = [
  ['the same time and size', here(), there(), keeping, 'same'],
  ['another size', here({ size: 11 }), there(), keeping, 'size'],
  ['the same second', here({ modified: at('10:20:30.999') }), there(), keeping, 'same'],
  ['another second', here({ modified: at('10:20:31') }), there(), keeping, 'time'],
  ['a copy that is newer', here({ modified: at('10:20:29') }), there(), keeping, 'time'],
  ['the same minute, told no closer', here(), listed('10:20:00'), keeping, 'same'],
  ['another minute, told no closer', here(), listed('10:21:00'), keeping, 'ask for the time'],
  ['an hour that may be of another zone', here(), listed('18:20:00'), keeping, 'ask for the time'],
  ['the same day, told no closer', here(), listed('00:00:00', 'day'), keeping, 'same'],
  ['a copy that is newer where times are lost', here(), there({ modified: at('12:00:00') }), losing, 'same'],
  ['a copy that is older where times are lost', here(), there({ modified: at('09:00:00') }), losing, 'time'],
  ['a copy newer by less than a zone', here(), listed('18:20:00'), losing, 'ask for the time'],
  [
    'a copy newer by more than any zone',
    here({ modified: new Date('2026-03-03T10:00:00Z') }),
    listed('10:20:00'),
    losing,
    'same',
  ],
  [
    'a copy older by more than any zone',
    here({ modified: new Date('2026-03-05T10:00Z') }),
    listed('10:20:00'),
    losing,
    'time',
  ],
  ['no time', here(), there({ modified: undefined, modifiedTo: undefined }), keeping, 'ask for the time'],
  ['no size', here(), there({ size: undefined }), keeping, 'same'],
  ['size alone', here({ modified: at('01:00:00') }), there(), { compare: 'size', keepsTimes: true }, 'same'],
  ['size alone, not told', here(), there({ size: undefined }), { compare: 'size', keepsTimes: true }, 'unknown'],
  ['checksums', here(), there(), { compare: 'checksum', keepsTimes: true }, 'ask for the checksum'],
  ['checksums, another size', here(), there({ size: 1 }), { compare: 'checksum', keepsTimes: true }, 'size'],
]
for (const [title, source, target, rules, verdict] of comparisons) {
  test(`compareItems() says ${verdict} for ${title}`, () => {
    expect(compareItems(source, target, rules)).toBe(verdict)
  })
}

const asked: [title: string, asked: Date | undefined, rules: CompareRules, target: Item, verdict: string][] = [
  ['the same second', at('10:20:30'), keeping, listed('18:20:00'), 'same'],
  ['another second', at('10:20:31'), keeping, listed('18:20:00'), 'time'],
  ['a newer copy where times are lost', at('10:20:31'), losing, listed('18:20:00'), 'same'],
  ['an older copy where times are lost', at('10:20:29'), losing, listed('18:20:00'), 'time'],
  ['no answer, by what is listed', undefined, losing, listed('18:20:00'), 'same'],
  ['no time at all and the same size', undefined, keeping, there({ modified: undefined }), 'same'],
  ['no time at all and no size', undefined, keeping, there({ modified: undefined, size: undefined }), 'unknown'],
]
for (const [title, time, rules, target, verdict] of asked) {
  test(`compareAsked() says ${verdict} for ${title}`, () => {
    expect(compareAsked(here(), target, time, { ...rules, isSource: false })).toBe(verdict)
  })
}

test('compareItems() finds what was copied with its time the same, however exact the listing is', () => {
  const ms = fc.integer({ min: 0, max: Date.UTC(2100, 0) })
  const unit = fc.constantFrom(['s', 1000], ['min', 60_000], ['day', 86_400_000]) as fc.Arbitrary<
    ['s' | 'min' | 'day', number]
  >
  fc.assert(
    fc.property(ms, unit, (time, [modifiedTo, length]) => {
      const source = here({ modified: new Date(time) })
      const target = there({ modified: new Date(Math.floor(time / length) * length), modifiedTo })
      expect(compareItems(source, target, keeping)).toBe('same')
      expect(compareItems(target, source, keeping)).toBe('same')
    }),
  )
})

const all = FolderFilter.root({})
const steps: [title: string, source: Item, target: Item | undefined, step: object][] = [
  ['transfers what is missing', item('a'), undefined, { do: 'transfer', reason: 'missing' }],
  ['transfers what differs', item('a'), item('a', { size: 1 }), { do: 'transfer', reason: 'size' }],
  ['leaves what is the same', item('a'), item('a'), { do: 'skip', reason: 'same' }],
  [
    'enters a folder',
    item('a', { type: 'directory' }),
    item('a', { type: 'directory' }),
    { do: 'enter', isNew: false },
  ],
  ['enters a new folder', item('a', { type: 'directory' }), undefined, { do: 'enter', isNew: true }],
  ['replaces a file by a folder', item('a', { type: 'directory' }), item('a'), { do: 'replace' }],
  ['replaces a folder by a file', item('a'), item('a', { type: 'directory' }), { do: 'replace' }],
  ['replaces a link by a file', item('a'), item('a', { type: 'symlink' }), { do: 'replace' }],
  ['skips a link', item('a', { type: 'symlink' }), undefined, { do: 'skip', reason: 'symlink' }],
  ['skips a device', item('a', { type: 'other' }), undefined, { do: 'skip', reason: 'special' }],
  ['skips a part of a file', item('.a.sluice-part'), undefined, { do: 'skip', reason: 'partial' }],
  ['asks for what is told badly', item('a'), listed('18:00:00'), { do: 'ask', what: 'time' }],
]
for (const [title, source, target, step] of steps) {
  test(`planItem() ${title}`, () => expect(planItem(source, target, all, keeping)).toMatchObject(step))
}

test('planItem() transfers everything if nothing is to be compared', () => {
  expect(planItem(item('a'), undefined, all, undefined)).toMatchObject({ do: 'transfer', reason: 'missing' })
})

/** What is to be done about a folder whose listings these are. */
function planFolder(sources: readonly Item[], targets: readonly Item[], filter: FolderFilter) {
  const left = new Map(targets.map((target) => [target.name, target]))
  const steps: Step[] = []
  for (const source of sources) {
    steps.push(planItem(source, left.get(source.name), filter, keeping))
    left.delete(source.name)
  }
  return { steps: steps.filter((step) => step.do !== 'nothing'), extras: planExtras(left.values(), filter) }
}

test('planExtras() finds what lacks on one side, and nothing that the filter leaves out', () => {
  const filter = FolderFilter.root({ exclude: ['*.keep', 'out/'] })
  const sources = [item('a'), item('b.keep'), item('link', { type: 'symlink' }), item('out', { type: 'directory' })]
  const targets = [
    ...['b.keep', 'c.keep', 'link', 'old'].map((name) => item(name)),
    ...['gone', 'out'].map((name) => item(name, { type: 'directory' })),
  ]
  const { steps, extras } = planFolder(sources, targets, filter)
  expect(steps.map((step) => step.do)).toEqual(['transfer', 'skip'])
  expect(extras.map(({ target }) => target.name)).toEqual(['old', 'gone'])
})

test('planItem() has nothing to do for two sides that are the same', () => {
  const one = fc.record({
    name: fc.string({ minLength: 1, maxLength: 3 }),
    type: fc.constantFrom('file', 'directory') as fc.Arbitrary<Item['type']>,
    size: fc.nat(),
    modified: fc.date({ noInvalidDate: true }),
    modifiedTo: fc.constantFrom('ms', 's', 'min', 'day') as fc.Arbitrary<'ms' | 's' | 'min' | 'day'>,
  })
  const items = fc.uniqueArray(one, { selector: ({ name }) => name })
  fc.assert(
    fc.property(items, (both) => {
      const { steps, extras } = planFolder(both, both, all)
      const todo = steps.filter((step) => !(step.do === 'skip' || (step.do === 'enter' && !step.isNew)))
      expect([todo, extras]).toEqual([[], []])
    }),
  )
})
