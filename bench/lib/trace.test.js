import assert from 'node:assert/strict'
import { test } from 'node:test'
import { burst, deviation, longestSilence, meanError, settled, Trace, worstWindow } from './trace.js'

/** @param {[number, number][]} events Time and bytes. */
function trace(events) {
  const made = new Trace()
  for (const [time, bytes] of events) made.add(time, bytes)
  return made
}

/** Events that repeat: the same on each run. */
function noisy() {
  let seed = 7
  const next = () => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return seed / 2 ** 31
  }
  let time = 0
  return Array.from({ length: 300 }, () => {
    time += next() * 8
    return /** @type {[number, number]} */ ([time, Math.ceil(next() * 20)])
  })
}

test('burst() is the most that any window exceeds its due, as found by trying all windows', () => {
  const events = noisy()
  const rate = 2500
  let most = 0
  for (let i = 0; i < events.length; i++) {
    let sum = 0
    for (let j = i; j < events.length; j++) {
      sum += Number(events[j]?.[1])
      most = Math.max(most, sum - (rate / 1000) * (Number(events[j]?.[0]) - Number(events[i]?.[0])))
    }
  }
  assert.ok(Math.abs(burst(trace(events), rate, 0, 1e9) - (most / rate) * 1000) < 1e-6)
})

test('worstWindow() is the fullest window, as found by trying all', () => {
  const events = noisy()
  let most = 0
  for (const [start] of events) {
    const inside = events.filter(([time]) => time >= start && time < start + 100)
    most = Math.max(
      most,
      inside.reduce((sum, [, bytes]) => sum + bytes, 0),
    )
  }
  assert.ok(Math.abs(worstWindow(trace(events), 1000, 0, 1e9, 100) - most / 100) < 1e-9)
})

test('meanError() leaves the first millisecond out, so that chunks of any size give no error', () => {
  const coarse = Array.from({ length: 11 }, (_, i) => /** @type {[number, number]} */ ([i * 100, 100]))
  const cut = coarse.flatMap(([time]) =>
    [0, 0.1, 0.2, 0.3].map((d) => /** @type {[number, number]} */ ([time + d, 25])),
  )
  assert.equal(meanError(trace(coarse), 1000, 0, 1e9), 0)
  assert.equal(meanError(trace(cut), 1000, 0, 1e9), 0)
  assert.ok(Number.isNaN(meanError(trace(coarse.slice(0, 1)), 1000, 0, 1e9)))
  assert.ok(Math.abs(meanError(trace(coarse), 2000, 0, 1e9) + 0.5) < 1e-12)
})

test('settled() finds the moment from which the new rate holds', () => {
  /** @type {[number, number][]} */
  const events = []
  for (let t = 5; t <= 50; t += 5) events.push([t, 500])
  for (let t = 55; t <= 1000; t += 5) events.push([t, 5])
  assert.equal(settled(trace(events), 1000, 0, 1000), 50)
  assert.equal(settled(trace(events.slice(10)), 1000, 50, 1000), 0)
})

test('deviation() and longestSilence() see a stall and what is caught up', () => {
  /** @type {[number, number][]} */
  const events = [
    [10, 10],
    [60, 10],
    [61, 60],
  ]
  const made = trace(events)
  assert.deepEqual(deviation(made, 1000, 0, 80), { behind: 50, ahead: 19 })
  assert.equal(longestSilence(made, 0, 80), 50)
})
