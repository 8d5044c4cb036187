import { expect, test } from 'vitest'
import { type Interruption, onInterruption } from './interruption.ts'

test.each(['SIGINT', 'SIGTERM'] as const)(
  'onInterruption() takes the first %s, and leaves the second to the system',
  (signal) => {
    const before = process.listenerCount(signal)
    const stops: Interruption[] = []
    const release = onInterruption((interruption) => stops.push(interruption))
    // A handler of the test's own, so that the second one ends nothing here.
    const ignore = () => {}
    process.on(signal, ignore)
    try {
      process.emit(signal, signal)
      process.emit(signal, signal)
    } finally {
      process.off(signal, ignore)
    }
    expect(stops.map((stop) => stop.signal)).toEqual([signal])
    expect(process.listenerCount(signal)).toBe(before)
    release()
  },
)

test('onInterruption() takes one SIGHUP, and no other ends anything', () => {
  const stops: Interruption[] = []
  const release = onInterruption((interruption) => stops.push(interruption))
  process.emit('SIGHUP', 'SIGHUP')
  expect(stops.map((stop) => stop.signal)).toEqual(['SIGHUP'])
  // Without a handler the system would end the process.
  expect(process.listenerCount('SIGHUP')).toBe(1)
  const again = onInterruption((interruption) => stops.push(interruption))
  process.emit('SIGHUP', 'SIGHUP')
  process.emit('SIGTERM', 'SIGTERM')
  expect(stops.map((stop) => stop.signal)).toEqual(['SIGHUP', 'SIGTERM'])
  expect(process.listenerCount('SIGHUP')).toBe(1)
  release()
  again()
})

test('onInterruption() gives back the handlers', () => {
  const before = process.listenerCount('SIGINT')
  onInterruption(() => {})()
  expect(process.listenerCount('SIGINT')).toBe(before)
})
