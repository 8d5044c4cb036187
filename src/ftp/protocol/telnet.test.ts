import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeTelnet, TelnetFilter } from './telnet.ts'

const [IAC, WILL, WONT, DO, DONT, IP, AO, DM] = [255, 251, 252, 253, 254, 244, 245, 242]
const A = 65

const cases: readonly (readonly [what: string, bytes: readonly number[], text: readonly number[]])[] = [
  ['keeps text', [A, 0, 254, 242], [A, 0, 254, 242]],
  ['makes one of IAC IAC', [A, IAC, IAC, A], [A, IAC, A]],
  ['takes out IP and Synch', [IAC, IP, IAC, DM, A], [A]],
  ['takes out AO and others', [IAC, AO, A, IAC, 240, IAC, 250, IAC, 241], [A]],
  ['takes out WILL', [A, IAC, WILL, 1, A], [A, A]],
  ['takes out WONT, DO and DONT', [IAC, WONT, IAC, IAC, DO, IP, A, IAC, DONT, 255, A], [A, A]],
  ['keeps IAC before what is no command', [A, IAC, A, IAC, 10, IAC, 239], [A, IAC, A, IAC, 10, IAC, 239]],
  ['takes out Synch whose DM was urgent', [IAC, IP, IAC, A, IAC, A], [A, IAC, A]],
  ['takes out Synch whose IAC was urgent', [IAC, IP, DM, A, DM], [A, DM]],
]
for (const [what, bytes, text] of cases) {
  test(`TelnetFilter.strip() ${what}, at once and byte by byte`, () => {
    expect([...new TelnetFilter().strip(Uint8Array.from(bytes))]).toEqual(text)
    const filter = new TelnetFilter()
    expect(bytes.flatMap((byte) => [...filter.strip(Uint8Array.of(byte))])).toEqual(text)
  })
}

test('TelnetFilter.strip() gives what was escaped', () => {
  const byte = fc.oneof(fc.constant(255), fc.nat(255))
  fc.assert(
    fc.property(fc.array(byte), (bytes) => {
      expect([...new TelnetFilter().strip(escapeTelnet(Buffer.from(bytes)))]).toEqual(bytes)
    }),
  )
})
