import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { Lane } from './lane.ts'

/** Waits until the signal ends it. */
const forever = (signal: AbortSignal) =>
  new Promise<void>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

const setUp = () => {
  const clock = new VirtualClock()
  return { clock, lane: new Lane(clock) }
}

describe('Lane', () => {
  test('Lane.patiently() ends a wait when the silence lasts too long, to the ms', async () => {
    const { clock, lane } = setUp()
    await clock.run(async () => {
      const wait = lane.run('read', undefined, () => lane.patiently({ phase: 'read', timeout: 5000 }, forever))
      await expect(wait).rejects.toMatchObject({ code: 'ERR_SLUICE_TIMEOUT', phase: 'read', timeout: 5000 })
    })
    expect([clock.now(), clock.pending]).toEqual([5000, 0])
  })

  test('Lane.patiently() leaves no timer after a wait that ends well', async () => {
    const { clock, lane } = setUp()
    await clock.run(() => lane.patiently({ phase: 'read', timeout: 5000 }, () => clock.sleep(4999)))
    expect([clock.now(), clock.pending]).toEqual([4999, 0])
  })

  test('Lane.patiently() counts from the last progress', async () => {
    const { clock, lane } = setUp()
    let progress = 0
    const at = [400, 1300, 2200].map((time) => clock.sleepUntil(time, () => progress++))
    await clock.run(async () => {
      const patience = { phase: 'write', timeout: 1000, progress: () => progress } as const
      await expect(lane.patiently(patience, forever)).rejects.toMatchObject({ phase: 'write' })
    })
    expect(at).toHaveLength(3)
    // Progress is looked for every quarter of the timeout.
    expect(clock.now()).toBeGreaterThanOrEqual(3200)
    expect(clock.now()).toBeLessThanOrEqual(3450)
  })

  test('Lane.run() can be used again after an abort, and leaves no listener', async () => {
    const { lane } = setUp()
    const abort = new AbortController()
    const listeners = countListeners(abort.signal)
    const first = lane.run('read', abort.signal, () => forever(lane.signal))
    expect(listeners()).toBe(1)
    abort.abort('enough')
    await expect(first).rejects.toBe('enough')
    expect(listeners()).toBe(0)
    await expect(lane.run('read', undefined, async () => lane.signal.aborted)).resolves.toBe(false)
  })

  test('Lane.run() refuses an aborted signal before anything happens', async () => {
    const { lane } = setUp()
    await expect(lane.run('read', AbortSignal.abort('before'), () => Promise.reject(new Error('ran')))).rejects.toBe(
      'before',
    )
  })

  test('Lane.close() ends the running call with the reason, and refuses later ones', async () => {
    const { lane } = setUp()
    const reason = new Error('reset')
    const running = lane.run('read', undefined, () => forever(lane.signal))
    lane.close(reason)
    await expect(running).rejects.toBe(reason)
    await expect(lane.run('read', undefined, async () => {})).rejects.toMatchObject({
      code: 'ERR_SLUICE_CLOSED',
      cause: reason,
    })
  })
})

function countListeners(signal: AbortSignal): () => number {
  let count = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    count++
    return addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    count--
    return removeEventListener.apply(signal, args)
  }
  return () => count
}
