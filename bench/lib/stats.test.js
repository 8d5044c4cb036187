import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jain, median, quantile, spread } from './stats.js'

test('quantile() interpolates between ranks', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(quantile([10, 20], 0.99), 19.9)
  assert.equal(median([Infinity, 1, Infinity, Infinity]), Infinity)
  assert.ok(Number.isNaN(median([])))
})

test('jain() is 1 for equal shares and 1/n for a single winner', () => {
  assert.equal(jain([5, 5, 5, 5]), 1)
  assert.equal(jain([1, 0, 0, 0]), 0.25)
  assert.equal(jain([0, 0]), 0)
})

test('spread() shows the median with least and most', () => {
  assert.equal(spread([3, 1, 2]), '2 [1..3]')
  assert.equal(spread([2, 2]), '2')
  assert.equal(spread([]), '-')
})
