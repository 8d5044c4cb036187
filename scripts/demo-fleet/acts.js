import { formatRate } from '../../dist/index.js'

/**
 * @import { Stage } from './stage.js'
 * @typedef {object} Act
 * @property {string} name
 * @property {string} short
 * @property {string} title What happens, and what is to be seen.
 * @property {'steady' | 'change' | 'fault' | 'end'} kind Which of the targets of a fleet hold.
 * @property {number} settle So many ms after it began all should be as it should be.
 * @property {number} lasts Milliseconds from its beginning, not counting `begin`.
 * @property {(stage: Stage, facts: Facts) => Promise<void>} begin
 *
 * @typedef {object} Facts What the acts note for the checks. Times in ms from the origin.
 * @property {{ name: string, at: number, part: number }} [killed]
 * @property {{ at: number, now: number }} [halved]
 * @property {{ at: number, limit: number | null | undefined }} [back]
 * @property {(number | string)[]} [endings] Exit codes or signals of those that were asked to end.
 * @property {{ at: number, count: number, processes: number }[]} calls Scripts that Redis has run, at some moments.
 */

export const LIGHT = 'light'
const VICTIM = 'p3'
export const NEW = ['new1', 'new2']

/** What ends when asked to exits so: 128 and the number of the signal. */
export const TERMINATED = 143

/**
 * @param {{ limit: number, lightDemand: number, quick: boolean }} options
 * @returns {Act[]}
 */
export function acts({ limit, lightDemand, quick }) {
  const [all, half] = [limit, limit / 2].map((rate) => formatRate(rate, { exact: true }))
  const little = formatRate(lightDemand)
  /** @param {number} ms @param {number} quickMs */
  const time = (ms, quickMs) => (quick ? quickMs : ms)
  return [
    {
      name: 'eight',
      short: 'eight share',
      title: `Eight processes share ${all}; "${LIGHT}" wants ${little}, the others the rest`,
      kind: 'steady',
      settle: time(1500, 700),
      lasts: time(10_000, 2400),
      async begin(stage, facts) {
        const names = Array.from({ length: 7 }, (_, i) => `p${i + 1}`)
        await stage.start([...names.map((name) => ({ name })), { name: LIGHT, demand: lightDemand }])
        facts.calls.push(await calls(stage))
      },
    },
    {
      name: 'killed',
      short: 'one is killed',
      title: `${VICTIM} is killed, without a farewell: the others get its part`,
      kind: 'fault',
      settle: 1500,
      lasts: time(8000, 2800),
      async begin(stage, facts) {
        facts.calls.push(await calls(stage))
        const part = stage.fair().get(VICTIM) ?? 0
        const at = stage.now
        facts.killed = { name: VICTIM, at, part }
        await stage.member(VICTIM).end('SIGKILL')
      },
    },
    {
      name: 'joined',
      short: 'two more start',
      title: `${NEW.join(' and ')} start: all make room for them`,
      kind: 'steady',
      settle: time(1500, 700),
      lasts: time(9000, 2200),
      async begin(stage) {
        await stage.start(NEW.map((name) => ({ name })))
      },
    },
    {
      name: 'halved',
      short: 'limit halved',
      title: `The limit becomes ${half}, set from outside: all follow`,
      kind: 'change',
      settle: 500,
      lasts: time(8000, 2000),
      async begin(stage, facts) {
        facts.halved = { at: await stage.setLimit(limit / 2), now: limit / 2 }
      },
    },
    {
      name: 'gone',
      short: 'without Redis',
      title: 'Redis is killed: each goes on at what it had',
      kind: 'fault',
      settle: 500,
      lasts: time(7000, 1700),
      async begin(stage) {
        await stage.redis.kill()
      },
    },
    {
      name: 'back',
      short: 'Redis is back',
      title: `Redis is back, and empty: no burst, and the limit is still ${half}`,
      kind: 'fault',
      settle: time(2000, 1000),
      lasts: time(9000, 2500),
      async begin(stage, facts) {
        const at = stage.now
        await stage.redis.start(stage.signal)
        facts.back = { at, limit: undefined }
      },
    },
    {
      name: 'end',
      short: 'all end',
      title: 'All end',
      kind: 'end',
      settle: 0,
      lasts: time(1000, 300),
      async begin(stage, facts) {
        if (facts.back) facts.back.limit = (await stage.budget())?.limit
        facts.endings = await stage.endAll()
        await stage.redis.kill()
      },
    },
  ]
}

/** @param {Stage} stage */
async function calls(stage) {
  return { at: stage.now, count: await stage.redis.scriptCalls(), processes: stage.living.length }
}
