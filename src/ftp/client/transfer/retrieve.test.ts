import { describe, expect, test } from 'vitest'
import type { Session } from '../session/session.ts'
import { checkWhole } from './retrieve.ts'

/** A server that tells a size, or does not know SIZE. */
function serverWith(size: number | undefined) {
  const asked: string[] = []
  const command = async (verb: string) => {
    asked.push(verb)
    return size === undefined ? { code: 550, lines: ['No'] } : { code: 213, lines: [String(size)] }
  }
  return { asked, session: { refusesSize: false, command } as unknown as Session }
}

type Verdict = 'whole' | 'ERR_SLUICE_FTP_TRUNCATED' | 'ERR_SLUICE_FTP_CHANGED'

/** What came ends at `actual`; `told` is what SIZE says, `asks` whether it is asked at all. */
const cases: {
  title: string
  actual: number
  announced?: number
  size?: number
  offset?: number
  told?: number
  verdict: Verdict
  asks?: boolean
}[] = [
  { title: 'as many bytes as announced', actual: 100, announced: 100, told: 999, verdict: 'whole', asks: false },
  { title: 'as many as the listing says', actual: 100, size: 100, told: 999, verdict: 'whole', asks: false },
  { title: 'as many as SIZE says', actual: 100, told: 100, verdict: 'whole' },
  { title: 'nothing to go by', actual: 100, verdict: 'whole' },
  { title: 'fewer than announced', actual: 90, announced: 100, verdict: 'ERR_SLUICE_FTP_TRUNCATED' },
  { title: 'fewer than the listing says', actual: 90, size: 100, verdict: 'ERR_SLUICE_FTP_TRUNCATED' },
  { title: 'fewer than SIZE says', actual: 90, told: 100, verdict: 'ERR_SLUICE_FTP_TRUNCATED' },
  {
    title: 'fewer than announced, as many as the listing has said, while the file has grown',
    actual: 90,
    announced: 100,
    size: 90,
    told: 100,
    verdict: 'ERR_SLUICE_FTP_TRUNCATED',
  },
  { title: 'more than SIZE says: it has shrunk since', actual: 100, told: 90, verdict: 'whole' },
  { title: 'the rest, up to the size known', actual: 100, size: 100, offset: 40, verdict: 'whole', asks: false },
  {
    title: 'the rest, as many as announced of it',
    actual: 100,
    announced: 60,
    offset: 40,
    told: 100,
    verdict: 'whole',
  },
  { title: 'the rest, where the whole was announced', actual: 100, announced: 100, offset: 40, verdict: 'whole' },
  {
    title: 'the rest, where the whole was announced, which has grown since',
    actual: 100,
    announced: 100,
    offset: 40,
    told: 1000,
    verdict: 'whole',
  },
  {
    title: 'the rest, as many as announced of it, which has grown since',
    actual: 100,
    announced: 60,
    offset: 40,
    told: 1000,
    verdict: 'whole',
  },
  {
    title: 'nothing of a rest, where what was there was announced as the whole, which has grown since',
    actual: 50,
    announced: 50,
    offset: 50,
    told: 60,
    verdict: 'ERR_SLUICE_FTP_TRUNCATED',
  },
  {
    title: 'a part of the rest that ends where the rest is long',
    actual: 60,
    announced: 60,
    offset: 40,
    told: 100,
    verdict: 'ERR_SLUICE_FTP_TRUNCATED',
  },
  {
    title: 'nothing of the rest, which is as long as what was there',
    actual: 50,
    announced: 50,
    offset: 50,
    told: 100,
    verdict: 'ERR_SLUICE_FTP_TRUNCATED',
  },
  {
    title: 'the whole in place of the rest',
    actual: 140,
    announced: 100,
    offset: 40,
    told: 100,
    verdict: 'ERR_SLUICE_FTP_CHANGED',
  },
  {
    title: 'the whole in place of the rest, by the size of a listing',
    actual: 140,
    size: 100,
    offset: 40,
    verdict: 'ERR_SLUICE_FTP_CHANGED',
  },
]

describe('checkWhole()', () => {
  for (const { title, actual, announced, size, offset = 0, told, verdict, asks = true } of cases) {
    test(`says of ${title}: ${verdict}`, async () => {
      const { session, asked } = serverWith(told)
      const checking = checkWhole(session, 'x', { actual, announced, size, offset }, undefined)
      const outcome = await checking.then(
        () => 'whole',
        (error) => error.code,
      )
      expect(outcome).toBe(verdict)
      expect(asked).toEqual(asks ? ['SIZE'] : [])
    })
  }
})
