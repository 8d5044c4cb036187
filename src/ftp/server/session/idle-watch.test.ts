import { expect, test } from 'vitest'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { IdleWatch, type Watched } from './idle-watch.ts'

function create(timeout: number | undefined) {
  const clock = new VirtualClock()
  const watch = new IdleWatch(clock, timeout)
  const idled: [string, number][] = []
  const member = (name: string): Watched => ({ idleUntil: 0, idled: () => void idled.push([name, clock.now()]) })
  return { clock, watch, idled, member }
}

test('IdleWatch.touch() tells who has done nothing for the timeout', async () => {
  const { clock, watch, idled, member } = create(100)
  const a = member('a')
  watch.touch(a)
  await clock.advance(60)
  watch.touch(a)
  await clock.advance(60)
  expect(idled).toEqual([])
  await clock.advance(60)
  expect(idled.map(([name]) => name)).toEqual(['a'])
  expect(idled[0]?.[1]).toBeGreaterThanOrEqual(160)
  await clock.advance(1_000)
  expect(idled).toHaveLength(1)
})

test('IdleWatch.rest() takes out who may idle', async () => {
  const { clock, watch, idled, member } = create(100)
  const [a, b] = [member('a'), member('b')]
  watch.touch(a)
  watch.touch(b)
  watch.rest(a)
  watch.rest(a)
  await clock.advance(200)
  expect(idled.map(([name]) => name)).toEqual(['b'])
})

test('IdleWatch has one timer for all, and none for nobody', async () => {
  const { clock, watch, member } = create(100)
  const members = Array.from({ length: 50 }, (_, i) => member(`${i}`))
  for (const each of members) watch.touch(each)
  expect(clock.pending).toBe(1)
  for (const each of members) watch.rest(each)
  expect(clock.pending).toBe(0)
})

test('IdleWatch.touch() without a timeout watches nobody', () => {
  const { clock, watch, member } = create(undefined)
  watch.touch(member('a'))
  expect(clock.pending).toBe(0)
})

test('IdleWatch lets those who idle out touch and rest others', async () => {
  const { clock, watch, idled, member } = create(100)
  const b = member('b')
  const a: Watched = {
    idleUntil: 0,
    idled() {
      idled.push(['a', clock.now()])
      watch.rest(b)
    },
  }
  watch.touch(a)
  watch.touch(b)
  await clock.advance(300)
  expect(idled.map(([name]) => name)).toEqual(['a'])
})
