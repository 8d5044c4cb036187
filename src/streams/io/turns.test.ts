import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const gate = () => {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

test('Turns.run() lets one through after the other, in order, also after a failure', async () => {
  const turns = new Turns()
  const log: string[] = []
  const work = (name: string) => async () => {
    log.push(`${name} begins`)
    await turn()
    log.push(`${name} ends`)
    if (name === 'b') throw new Error('b failed')
    return name
  }
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => turns.run(undefined, work(name))))
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(turns.idle).toBe(true)
})

test('Turns.run() lets an abort leave the queue, and the others go on', async () => {
  const turns = new Turns()
  const { open, opened } = gate()
  const abort = new AbortController()
  const ran: string[] = []
  const first = turns.run(undefined, () => opened)
  const second = turns.run(abort.signal, async () => ran.push('second'))
  const third = turns.run(undefined, async () => ran.push('third'))
  abort.abort('enough')
  await expect(second).rejects.toBe('enough')
  open()
  await Promise.all([first, third])
  expect(ran).toEqual(['third'])
})

test('Turns.reject() rejects those who wait, and not the one who has the turn', async () => {
  const turns = new Turns()
  const { open, opened } = gate()
  const first = turns.run(undefined, () => opened)
  const others = [1, 2].map(() => turns.run(undefined, async () => {}))
  turns.reject('closed')
  for (const other of others) await expect(other).rejects.toBe('closed')
  open()
  await first
  expect(turns.idle).toBe(true)
})
