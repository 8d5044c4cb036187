import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../testing/index.ts'
import { JobProgress } from './progress.ts'
import type { TransferProgress } from './transfer-types.ts'

function setUp(options: { readonly interval?: number; readonly isSingle?: boolean; readonly totalSize?: number } = {}) {
  const clock = new VirtualClock()
  const told: TransferProgress[] = []
  const onProgress = (progress: TransferProgress) => void told.push(progress)
  const job = new JobProgress({ direction: 'download', onProgress, interval: 250, clock, ...options })
  return { clock, told, job }
}

describe('JobProgress', () => {
  test('tells at most once in each interval, and at the end', async () => {
    const { clock, told, job } = setUp({ isSingle: true })
    const file = job.begin('a', 1000)
    for (let i = 0; i < 10; i++) {
      await clock.advance(100)
      file.moved(100)
    }
    file.end()
    job.end()
    expect(told.map(({ bytes, files }) => [bytes, files])).toEqual([
      [100, 0],
      [400, 0],
      [700, 0],
      [1000, 0],
      [1000, 1],
    ])
  })

  test('tells the rate of the last second, and when it will be over at that', async () => {
    const { clock, told, job } = setUp({ interval: 0, isSingle: true })
    const file = job.begin('a', 10_000)
    for (let i = 0; i < 40; i++) {
      await clock.advance(100)
      file.moved(i < 20 ? 10 : 200)
    }
    const last = told.at(-1)
    expect(last?.rate).toBeGreaterThan(1900)
    expect(last?.rate).toBeLessThan(2300)
    expect(last?.eta).toBeCloseTo(((10_000 - 4200) / (last?.rate ?? 0)) * 1000, 6)
  })

  test('counts what was there before, but not as speed', async () => {
    const { clock, told, job } = setUp({ interval: 0, isSingle: true })
    const file = job.begin('a', 1000)
    file.start(900)
    await clock.advance(1000)
    file.moved(50)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ bytes: 950, totalBytes: 950, totalSize: 1000 })
    expect(told[0]?.rate).toBeLessThanOrEqual(50)
  })

  test('takes back what an attempt has to begin anew, and what has failed', async () => {
    const { told, job } = setUp({ interval: 0, totalSize: 2000 })
    const [one, other] = [job.begin('a', 1000), job.begin('b', 1000)]
    one.moved(500)
    other.moved(300)
    one.start(100)
    one.moved(1)
    other.fail()
    one.moved(1)
    expect(told.map(({ path, bytes, totalBytes }) => [path, bytes, totalBytes])).toEqual([
      ['a', 500, 500],
      ['b', 300, 800],
      ['a', 101, 401],
      ['a', 102, 102],
    ])
  })

  test('can not tell an end that it does not know', async () => {
    const { told, job } = setUp({ interval: 0 })
    job.begin('a', 10).moved(5)
    expect(told[0]).toMatchObject({ size: 10, totalSize: undefined, eta: undefined })
  })

  test('tells nothing when nothing has begun', () => {
    const { told, job } = setUp()
    job.end()
    expect(told).toEqual([])
  })
})
