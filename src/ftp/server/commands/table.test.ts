import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COMMANDS } from './table.ts'

const page = readFileSync(new URL('../../../../docs/rfc-compliance.md', import.meta.url), 'utf8')
const listed = [...page.matchAll(/^\| `([A-Z0-9]+)` \| (.+?) \| .+ \|$/gm)].map(([, verb, source]) => [verb, source])

test('every command is on the page of RFCs, with its source, and no other', () => {
  expect(listed).toEqual([...COMMANDS.values()].map(({ verb, source }) => [verb, source]))
})

for (const row of COMMANDS.values()) {
  test(`${row.verb} can be looked up in HELP`, () => {
    expect(row.summary).toMatch(/^[A-Z].{5,100}[^.]$/)
    if (row.needsArgument) expect(row.syntax).not.toBe('')
  })
}
