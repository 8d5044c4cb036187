import { describe, expect, test } from 'vitest'
import { parseExtendedPassiveReply, parseExtendedPort, parsePassiveReply, parsePort } from './address.ts'
import { parseCrcReply, parseHashReply } from './checksum.ts'
import { textCodec } from './codec.ts'
import { CommandParser, maskSecrets } from './command.ts'
import { parseFeatures } from './features.ts'
import { checkLocalName } from './local-name.ts'
import { normalizePath, parentPath, parseQuotedPath } from './path.ts'
import { ReplyParser } from './reply.ts'
import { parseTimeVal } from './time-val.ts'

const FACTOR = 8

/** The least time of some runs: what disturbs only ever adds. */
function leastTime(run: () => void): number {
  let least = Infinity
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    try {
      run()
    } catch {
      // An error is an answer too.
    }
    least = Math.min(least, performance.now() - start)
  }
  return least
}

/** Input that makes a careless parser go back again and again, of a size of about n. */
type Case = readonly [what: string, parse: (input: string) => unknown, input: (n: number) => string]

const bytewise = (parser: { push(bytes: Uint8Array): unknown }) => (input: string) => {
  const bytes = Buffer.from(input, 'latin1')
  for (let i = 0; i < bytes.length; i++) parser.push(bytes.subarray(i, i + 1))
}
const atOnce = (parser: { push(bytes: Uint8Array): unknown }) => (input: string) =>
  parser.push(Buffer.from(input, 'latin1'))
const maxLength = Number.MAX_SAFE_INTEGER

const cases: readonly Case[] = [
  [
    'a long line byte by byte',
    (input) => bytewise(new ReplyParser({ maxLength }))(input),
    (n) => `220 ${'a'.repeat(n)}\n`,
  ],
  [
    'a reply of many lines',
    (input) => atOnce(new ReplyParser({ maxLength }))(input),
    (n) => `220-${'\n220-a'.repeat(n)}`,
  ],
  ['many replies', (input) => atOnce(new ReplyParser())(input), (n) => '220 a\r\n'.repeat(n)],
  [
    'a long command byte by byte',
    (input) => bytewise(new CommandParser({ maxLength }))(input),
    (n) => `CWD ${'a'.repeat(n)}\n`,
  ],
  ['a command that is too long', (input) => bytewise(new CommandParser())(input), (n) => 'a'.repeat(n)],
  ['many commands', (input) => atOnce(new CommandParser())(input), (n) => 'ABOR\r'.repeat(n)],
  ['Telnet commands', (input) => atOnce(new CommandParser())(input), (n) => '\xff\xf4\xff'.repeat(n)],
  ['secrets that are none', maskSecrets, (n) => `${'\r \t'.repeat(n)}PASS`],
  [
    'bytes that are no UTF-8',
    (input) => textCodec('utf8').decode(Buffer.from(input, 'latin1')),
    (n) => '\xe2\x82'.repeat(n),
  ],
  ['escaped bytes', textCodec('utf8').encode, (n) => 'a\uDC80'.repeat(n)],
  ['digits in a passive reply', parsePassiveReply, (n) => '1'.repeat(n)],
  ['numbers in a passive reply', parsePassiveReply, (n) => `${'1 , 1 , 1 , 1 , 1 , '.repeat(n)}a`],
  ['commas in a passive reply', parsePassiveReply, (n) => '1,1,1,1,1;'.repeat(n)],
  ['spaces around the numbers of PORT', parsePort, (n) => `${' '.repeat(n)}a${' '.repeat(n)}a`],
  ['marks in an extended passive reply', parseExtendedPassiveReply, (n) => '|'.repeat(n)],
  ['openings of an extended passive reply', parseExtendedPassiveReply, (n) => '(|||12345'.repeat(n)],
  ['digits in an extended passive reply', parseExtendedPassiveReply, (n) => '(1111'.repeat(n)],
  ['marks in EPRT', parseExtendedPort, (n) => '|'.repeat(n)],
  ['an address in EPRT', parseExtendedPort, (n) => `|2|${'0:'.repeat(n)}|21|`],
  ['quotes in a path', parseQuotedPath, (n) => `${'""'.repeat(n)}"`],
  ['parents in a path', normalizePath, (n) => 'a/'.repeat(n) + '../'.repeat(n)],
  ['slashes at the end of a path', parentPath, (n) => `a${'/'.repeat(n)}`],
  ['dots in a name', checkLocalName, (n) => `${'. '.repeat(n)}a`],
  ['digits in a time', parseTimeVal, (n) => `20240101000000.${'0'.repeat(n)}a`],
  ['spaces in a time', parseTimeVal, (n) => `2024${' '.repeat(n)}a`],
  ['the same feature again', (input) => parseFeatures(input.split('\n')), (n) => 'AUTH TLS\n'.repeat(n)],
  ['spaces in a feature', (input) => parseFeatures(input.split('\n')), (n) => `\nA${' '.repeat(n)}B${' '.repeat(n)}\n`],
  ['words where a checksum should be', (input) => parseCrcReply([input]), (n) => 'deadbee '.repeat(n)],
  ['a long checksum', (input) => parseCrcReply([input]), (n) => 'a'.repeat(n)],
  ['a long checksum in HASH', (input) => parseHashReply([input]), (n) => `A 0-1 ${'a'.repeat(n)}-`],
]

// A machine that is busy otherwise spoils a comparison of times now and then; what is quadratic fails each time.
describe('linear time', () => {
  for (const [what, parse, input] of cases) {
    test(`the time for ${what} grows as the input does`, { timeout: 60_000, retry: 3 }, () => {
      // As large as it takes for the time to be measurable; what takes no time for so much needs no more.
      let n = 4096
      while (n < 262_144 && leastTime(() => parse(input(n))) < 2) n *= 4
      const [small, large] = [input(n), input(n * FACTOR)]
      const ratio =
        leastTime(() => parse(large)) /
        Math.max(
          leastTime(() => parse(small)),
          0.5,
        )
      expect(ratio).toBeLessThan(FACTOR * 4) // quadratic time gives 64
    })
  }
})
