import { expect, test } from 'vitest'
import { Gate } from './gate.ts'

const never = new AbortController().signal
const settled = () => new Promise((resolve) => setImmediate(resolve))

function start(most: number) {
  const gate = new Gate(most)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const pass = (id: number, signal = never) =>
    gate.pass(signal, () => {
      begun.push(id)
      return new Promise<void>((resolve) => {
        ends[id] = resolve
      })
    })
  return { gate, begun, ends, pass }
}

test('Gate.pass() lets so many in, and the others in their order', async () => {
  const { gate, begun, ends, pass } = start(2)
  const all = [0, 1, 2, 3].map((id) => pass(id))
  await settled()
  expect(begun).toEqual([0, 1])
  ends[1]?.()
  await settled()
  expect(begun).toEqual([0, 1, 2])
  expect(gate.isIdle).toBe(false)
  ends[0]?.()
  await settled()
  for (const end of ends) end()
  await Promise.all(all)
  expect(begun).toEqual([0, 1, 2, 3])
  expect(gate.isIdle).toBe(true)
})

test('Gate.pass() goes on after work that fails', async () => {
  const gate = new Gate(1)
  const failed = gate.pass(never, () => Promise.reject(new Error('no')))
  const next = gate.pass(never, async () => 'done')
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('done')
  expect(gate.isIdle).toBe(true)
})

test('Gate.pass() gives up a turn that has not come when its signal aborts', async () => {
  const { gate, begun, ends, pass } = start(1)
  const first = pass(0)
  const gone = new AbortController()
  const second = pass(1, gone.signal)
  const third = pass(2)
  gone.abort('gone')
  await expect(second).rejects.toBe('gone')
  await expect(pass(3, gone.signal)).rejects.toBe('gone')
  ends[0]?.()
  await first
  await settled()
  expect(begun).toEqual([0, 2])
  ends[2]?.()
  await third
  expect(gate.isIdle).toBe(true)
})
