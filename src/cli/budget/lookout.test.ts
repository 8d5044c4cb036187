import { expect, test } from 'vitest'
import { BudgetError, type BudgetState, type WaitOptions } from '../../redis/index.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { Lookout } from './lookout.ts'
import type { View } from './view.ts'

const found: BudgetState = {
  now: 1000,
  limit: 1,
  paused: false,
  version: 1,
  interval: 100,
  lead: 0,
  reserved: 0,
  members: [],
}

/** Watches what `answer` gives, and notes what shows: 'seen', 'missing' or how long an outage lasts. */
function watch(answer: (options: WaitOptions) => Promise<BudgetState | undefined>, renew = async () => {}) {
  const clock = new VirtualClock()
  const stop = new AbortController()
  const shown: (string | number)[] = []
  const calls: number[] = []
  const look = (options: WaitOptions) => {
    calls.push(clock.now())
    return answer(options)
  }
  const reasonOf = (error: unknown) => (error as Error).message
  const note = ({ state, outage }: View) => {
    shown.push(outage ? `${Math.round(outage.lasts)} ${outage.reason ?? '-'}` : state ? 'seen' : 'missing')
  }
  const lookout = new Lookout({ clock, name: 'test', interval: 1000, look, renew, reasonOf })
  const ended = lookout.run(note, stop.signal)
  ended.catch(() => {})
  return { clock, stop, shown, calls, ended }
}

test('Lookout.run() looks at each interval, and waits for what is not there', async () => {
  const states = [undefined, found, undefined]
  const { clock, shown, calls } = watch(async () => states.shift())
  await clock.advance(2500)
  expect(shown).toEqual(['missing', 'seen', 'missing'])
  expect(calls.map(Math.round)).toEqual([0, 1000, 2000])
})

test('Lookout.run() goes on where looks fail, and says for how long', async () => {
  let isDown = false
  const { clock, shown } = watch(async () => {
    if (isDown) throw new Error('nothing listens there')
    return found
  })
  await clock.advance(500)
  isDown = true
  await clock.advance(3000)
  isDown = false
  await clock.advance(1000)
  expect(shown).toEqual([
    'seen',
    ...[0, 1000, 2000].map((ms) => `${ms} nothing listens there`),
    '3000 nothing listens there',
    'seen',
  ])
})

test('Lookout.run() waits for one answer only, and says so after a second', async () => {
  const waiting: ((state: BudgetState) => void)[] = []
  let isSilent = false
  const { clock, shown, calls } = watch(() =>
    isSilent ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(found),
  )
  await clock.advance(500)
  isSilent = true
  await clock.advance(3600)
  expect(waiting).toHaveLength(1)
  expect(calls).toHaveLength(2)
  isSilent = false
  for (const resolve of waiting) resolve(found)
  await clock.advance(100)
  expect(shown[0]).toBe('seen')
  expect(shown[1]).toMatch(/^10\d\d -$/)
  expect(shown.slice(-2)).toEqual(['3000 -', 'seen'])
})

test('Lookout.run() ends where nothing was ever seen, or what is there can not be used', async () => {
  const first = watch(() => Promise.reject(new Error('no right')))
  await expect(first.ended).rejects.toThrow('no right')
  const answers = [Promise.resolve(found), Promise.reject(new BudgetError('a', 'key', 'foreign'))]
  answers[1]?.catch(() => {})
  const second = watch(() => answers.shift() ?? Promise.resolve(found))
  await second.clock.advance(1500)
  await expect(second.ended).rejects.toThrow(BudgetError)
})

test('Lookout.run() ends with its signal, and leaves no timer', async () => {
  const { clock, stop, ended, calls, shown } = watch(() => new Promise(() => {}))
  await clock.advance(500)
  stop.abort(new Error('enough'))
  await expect(ended).rejects.toThrow('enough')
  await clock.advance(5000)
  expect({ calls: calls.length, shown }).toEqual({ calls: 1, shown: [] })
})

test('Lookout.run() connects anew after 5 s of silence, until that goes well', async () => {
  let isCut = false
  const renewed: number[] = []
  const renew = async () => {
    renewed.push(Math.round(clock.now()))
    if (renewed.length < 3) throw new Error('nothing listens there')
    isCut = false
  }
  const { clock, shown } = watch(async ({ signal }) => {
    if (!isCut) return found
    return await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }, renew)
  await clock.advance(500)
  isCut = true
  await clock.advance(9000)
  expect(renewed).toEqual([6000, 7000, 8000].map((ms) => expect.closeTo(ms + 0, -2)))
  expect(shown).toContain('5000 nothing listens there')
  expect(shown.at(-1)).toBe('seen')
})

test('Lookout.run() gives a new connection all of its time, however long it took to make', async () => {
  let state: 'well' | 'cut' | 'slow' = 'well'
  const answer = async ({ signal }: WaitOptions): Promise<BudgetState> => {
    if (state === 'well') return found
    if (state === 'slow') {
      await clock.sleep(2000)
      signal?.throwIfAborted()
      state = 'well'
      return found
    }
    return await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }
  let renewals = 0
  const renew = async () => {
    renewals++
    await clock.sleep(4000)
    state = 'slow'
  }
  const { clock, shown } = watch(answer, renew)
  await clock.advance(500)
  state = 'cut'
  await clock.advance(12_900)
  expect(renewals).toBe(1)
  expect(shown.at(-1)).toBe('seen')
})
