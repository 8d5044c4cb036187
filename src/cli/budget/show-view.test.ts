import { expect, test } from 'vitest'
import { plainLines } from './show-view.ts'
import type { View } from './view.ts'

const state = { now: 1000, limit: null, paused: false, version: 1, interval: 100, lead: 0, reserved: 0, members: [] }
const seen: View = { name: 'uplink', state, watched: [], outage: undefined }
const missing: View = { ...seen, state: undefined }
const outage = (lasts: number, reason?: string): View => ({ ...seen, outage: { lasts, reason } })

const cases = [
  { title: 'each look', views: [seen, seen], shows: [/no limit/, /no limit/] },
  {
    title: 'once that there is none',
    views: [missing, missing, seen],
    shows: [/waiting for it/, undefined, /no limit/],
  },
  {
    title: 'an outage once, its reason when it is known, and its end',
    views: [seen, outage(1000), outage(2000), outage(3000, 'it is so'), outage(4000, 'it is so'), seen],
    shows: [/no limit/, /for 0:01$/, undefined, /for 0:03: it is so$/, undefined, /back after 0:04\n.*no limit/],
  },
  {
    title: 'an outage of what was missing, and that it still is',
    views: [missing, outage(1000), missing, missing],
    shows: [/waiting/, /for 0:01$/, /back after 0:01\n.*waiting/, undefined],
  },
]
for (const { title, views, shows } of cases) {
  test(`plainLines() tells ${title}`, () => {
    const textOf = plainLines()
    expect(views.map(textOf)).toEqual(shows.map((each) => each && expect.stringMatching(each)))
  })
}
