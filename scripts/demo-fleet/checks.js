import { LIGHT, NEW, TERMINATED } from './acts.js'
import { timeUntil, worstWindow } from './figures.js'
import { judge } from './verdict.js'

/**
 * @import { Facts } from './acts.js'
 * @import { Played } from './act-figures.js'
 * @import { Stage } from './stage.js'
 * @import { Check } from './verdict.js'
 * @typedef {Check & { name: string, says: string, unit: '' | 'ms' | 'a second' }} NamedCheck
 */

/**
 * What is to be checked beside the figures of each act.
 *
 * @param {Stage} stage
 * @param {readonly Played[]} played
 * @param {Facts} facts
 * @returns {NamedCheck[]}
 */
export function checks(stage, played, facts) {
  /** @param {string} name */
  const act = (name) => {
    const found = played.find((each) => each.name === name)
    if (!found) throw new Error(`Cannot check the act ${name}: it was not played`)
    return found
  }
  return [
    {
      name: 'light',
      says: `"${LIGHT}" got / wanted`,
      unit: '',
      ...judge(lightPart(stage, act('eight')), { target: { least: 0.99 }, sane: { least: 0.7 } }),
    },
    {
      name: 'returned',
      says: 'killed: its part was in use after',
      unit: 'ms',
      ...judge(returned(stage, act('killed'), facts.killed), { target: { most: 1500 }, sane: { most: 5000 } }),
    },
    {
      name: 'joined',
      says: 'started: they had their parts after',
      unit: 'ms',
      ...judge(joined(stage, act('joined')), { target: { most: 200 }, sane: { most: 5000 } }),
    },
    {
      name: 'followed',
      says: 'halved: the new limit held after',
      unit: 'ms',
      ...judge(followed(stage, act('halved'), facts.halved), { target: { most: 100 }, sane: { most: 5000 } }),
    },
    {
      name: 'kept',
      says: 'back: what Redis knew / limit',
      unit: '',
      ...judge((facts.back?.limit ?? 0) / stage.limit, { target: { least: 1, most: 1 }, sane: { least: 1, most: 1 } }),
    },
    {
      name: 'worst',
      says: 'fullest 100 ms, settled / limit',
      unit: '',
      ...judge(worst(stage, played), { target: { most: 1.5 }, sane: { most: 5 } }),
    },
    {
      name: 'calls',
      says: 'calls of Redis by each process',
      unit: 'a second',
      ...judge(callsPerSecond(facts), { target: { most: 12 }, sane: { most: 50 } }),
    },
    {
      name: 'ended',
      says: 'did not end as asked',
      unit: '',
      ...judge(facts.endings?.filter((ending) => ending !== TERMINATED).length ?? Number.NaN, {
        target: { most: 0 },
        sane: { most: 0 },
      }),
    },
  ]
}

/** @param {Stage} stage @param {Played} act */
function lightPart(stage, { settled, to }) {
  const { tap, demand } = stage.member(LIGHT)
  return tap.rate(settled, to) / demand
}

/** Until three quarters of what was the part of the killed one pass again. @param {Stage} stage @param {Played} act @param {Facts['killed']} killed */
function returned({ total, limits }, { to }, killed) {
  if (!killed) return Number.NaN
  const { at, part } = killed
  const limit = limits[0]?.limit ?? 0
  return timeUntil(total, at, to, 200, (rate) => rate >= limit - part / 4)
}

/** From the first byte until each newcomer has three quarters of its part. @param {Stage} stage @param {Played} act */
function joined(stage, { to, fair }) {
  const times = NEW.map((name) => {
    const { tap } = stage.member(name)
    return timeUntil(tap, tap.firstAt ?? to, to, 100, (rate) => rate >= 0.75 * (fair.get(name) ?? 0))
  })
  return Math.max(...times)
}

/** Until they have come down three quarters of the way. @param {Stage} stage @param {Played} act @param {Facts['halved']} halved */
function followed({ total }, { to }, halved) {
  if (!halved) return Number.NaN
  const { at, now } = halved
  return timeUntil(total, at, to, 50, (rate) => rate <= 1.25 * now)
}

/** @param {Stage} stage @param {readonly Played[]} played */
function worst({ total, limits }, played) {
  const settled = played.filter(({ kind }) => kind !== 'end')
  return Math.max(...settled.map((act) => worstWindow(total, limits, act.settled, act.to, 100)))
}

/** @param {Facts} facts */
function callsPerSecond({ calls: [from, to] }) {
  return from && to ? ((to.count - from.count) * 1000) / (to.at - from.at) / from.processes : Number.NaN
}
