import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkHost, checkNested, checkOneOf, checkOptions, optionNames } from './check-options.ts'

interface Options {
  readonly direction?: string
  readonly dryRun?: boolean
  readonly tls?: string
  readonly user?: string
  readonly signal?: AbortSignal
}
const NAMES = optionNames<Options>({ direction: true, dryRun: true, tls: true, user: true, signal: true })
const ALL = 'these are: { direction, dryRun, tls, user, signal }'

const wrong: { title: string; options: unknown; says: string }[] = [
  {
    title: 'a name in other letters',
    options: { dryrun: true },
    says: "'dryrun' is no option; did you mean 'dryRun'?",
  },
  { title: 'a name beside one that is known', options: { direction: 'up', dryRunn: true }, says: "'dryRunn' is no" },
  { title: 'a name with underscores', options: { dry_run: true }, says: "did you mean 'dryRun'?" },
  { title: 'letters that are exchanged', options: { direciton: 1 }, says: "did you mean 'direction'?" },
  { title: 'the name of another library', options: { username: 'ann' }, says: "did you mean 'user'?" },
  { title: 'a name that is near to none', options: { colour: 'red' }, says: `'colour' is no option; ${ALL}` },
  { title: 'a name of all objects', options: { toString: 1 }, says: `'toString' is no option; ${ALL}` },
  { title: 'a name without end', options: { ['x'.repeat(100_000)]: 1 }, says: ALL },
  { title: 'a signal in place of options', options: new AbortController().signal, says: 'is no option' },
  { title: 'what is inherited', options: Object.create({ dryrun: true }), says: "did you mean 'dryRun'?" },
  {
    title: 'text',
    options: '1MiB/s',
    says: 'the options must be an object of { direction, dryRun, tls, user, signal }, is "1MiB/s"',
  },
  { title: 'null', options: null, says: 'is null' },
  { title: 'a large integer', options: 1n, says: 'is 1n' },
  { title: 'a list', options: [], says: 'is []' },
  { title: 'a function', options: () => {}, says: 'is a function' },
]
for (const { title, options, says } of wrong) {
  test(`checkOptions() refuses ${title}`, () => {
    const check = () => checkOptions('mirror', options, NAMES)
    expect(check).toThrow(TypeError)
    expect(check).toThrow(/^Cannot mirror: /)
    expect(check).toThrow(says)
  })
}

test('checkOptions() says what the call has to say of a name', () => {
  const check = () => checkOptions('connect', { secure: true }, NAMES, { secure: "TLS is tls: 'explicit'" })
  expect(check).toThrow("'secure' is no option; TLS is tls: 'explicit'")
})

test('checkOptions() takes every name, and undefined for not given', () => {
  for (const name of NAMES) checkOptions('mirror', { [name]: 1 }, NAMES)
  checkOptions('mirror', {}, NAMES)
  checkOptions('mirror', { colour: undefined }, NAMES)
})

test('checkOptions() knows the name that one letter makes wrong', () => {
  const name = fc.constantFrom('direction', 'dryRun', 'user', 'signal')
  const slip = fc.record({ name, at: fc.nat(20), kind: fc.constantFrom('lost', 'more', 'other', 'swapped') })
  fc.assert(
    fc.property(slip, ({ name, at, kind }) => {
      const i = at % name.length
      const [before, letter, after] = [name.slice(0, i), name.charAt(i), name.slice(i + 1)]
      const other = letter === 'q' ? 'w' : 'q'
      const slips = {
        lost: before + after,
        more: before + other + letter + after,
        other: before + other + after,
        swapped: before + after.charAt(0) + letter + after.slice(1),
      }
      const given = slips[kind]
      fc.pre(!NAMES.has(given))
      expect(() => checkOptions('mirror', { [given]: 1 }, NAMES)).toThrow(`did you mean '${name}'?`)
    }),
  )
})

test('checkNested() names the option and the one within', () => {
  const check = (options: unknown) => () => checkNested('transfer', 'retry', options, NAMES)
  expect(check({ dryrun: 1 })).toThrow("Cannot transfer: 'retry.dryrun' is no option; did you mean 'dryRun'?")
  expect(check('5s')).toThrow('Cannot transfer: \'retry\' must be { direction, dryRun, tls, user, signal }, is "5s"')
  expect(check([])).toThrow('is []')
  expect(check(undefined)).not.toThrow()
})

const around: Record<string, unknown> = {}
around.self = around
const shown: { title: string; value: unknown; says: string }[] = [
  { title: 'an object that has itself', value: around, says: 'is <ref *1> { self: [Circular *1] }' },
  { title: 'a large integer in an object', value: { size: 1n }, says: 'is { size: 1n }' },
  { title: 'an object without a class', value: Object.create(null), says: 'is [Object: null prototype] {}' },
  { title: 'a URL, but not what is in it', value: new URL('ftp://ann:secret@host/'), says: 'is [object URL]' },
  { title: 'the beginning of a long text', value: 'x'.repeat(1e6), says: `is "${'x'.repeat(199)}…` },
]
for (const { title, value, says } of shown) {
  test(`checkOneOf() shows ${title}`, () => {
    const check = () => checkOneOf('mirror', 'compare', value, ['size'])
    expect(check).toThrow(says)
    expect(check).not.toThrow('secret')
  })
}

const hosts: { host: unknown; says: string }[] = [
  { host: 'ftp://127.0.0.1:2121/', says: 'not a URL, is "ftp://127.0.0.1:2121/"; give the port as \'port\'' },
  { host: 'ftp://ann:secret@example.com/', says: 'not a URL, is "ftp://...@example.com/"' },
  { host: 'ann:secret@example.com', says: 'is "...@example.com"' },
  { host: '127.0.0.1:2121', says: 'is "127.0.0.1:2121"; give the port as \'port\'' },
  { host: 'example.com:', says: "give the port as 'port'" },
  { host: '[::1]:21', says: 'without brackets' },
  { host: 'example.com/pub', says: 'must be a name or an address' },
  { host: 'a b', says: 'must be a name or an address' },
  { host: '', says: 'is ""' },
  { host: undefined, says: 'is undefined' },
  { host: 5, says: 'is 5' },
  { host: null, says: 'is null' },
  { host: new URL('ftp://ann:secret@example.com/'), says: 'is [object URL]' },
  { host: { password: 'secret' }, says: 'is [object Object]' },
  { host: around, says: 'is [object Object]' },
]
for (const { host, says } of hosts) {
  test(`checkHost() refuses ${inspect(host)}`, () => {
    const check = () => checkHost('connect', host)
    expect(check).toThrow(TypeError)
    expect(check).toThrow("Cannot connect: 'host' must be a name or an address")
    expect(check).toThrow(says)
    expect(check).not.toThrow('secret')
  })
}

for (const host of [
  'example.com',
  'localhost',
  '127.0.0.1',
  '::1',
  'fe80::1%eth0',
  '::ffff:10.0.0.1',
  'bücher.example',
  'a_b',
]) {
  test(`checkHost() takes ${host}`, () => checkHost('connect', host))
}
