import { crossTable } from '../../lib/scores.js'
import { spread } from '../../lib/stats.js'
import { KiB, MiB, size } from '../../lib/units.js'
import { absolute } from '../../lib/verdict.js'
import { withFleet, workOver } from '../lib/fleet.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @import { FleetContext, MemberSpec } from '../types.d.ts' */
/** @typedef {{ title: string, limit: number, spec: MemberSpec, ms: number }} Params */
/** @typedef {{ calls: number, cpu: number, part: number }} Value Calls for each process and second; ms of Redis's processor time a second. */
/** @typedef {Outcome<Value, Params>[]} Results */

const MEMBERS = 2
const CHUNK = 16 * KiB
const CASES = [
  { title: '1 MiB/s', limit: MiB, spec: {} },
  { title: '100 MiB/s', limit: 100 * MiB, spec: {} },
  { title: '20 MiB/s, 100 streams each', limit: 20 * MiB, spec: { streams: 100 } },
  // Who wants less than its part, in lumps, runs short again and again.
  {
    title: '20 MiB/s, half of it wanted, 64 KiB at a time',
    limit: 20 * MiB,
    spec: { demand: 5 * MiB, chunk: 64 * KiB },
  },
]

/** @param {FleetContext} context @returns {Promise<Results>} */
export async function run({ quick, contenders, alternate }) {
  const jobs = CASES.flatMap((each) => {
    const params = { ...each, ms: quick ? 2000 : 2500 }
    return [...contenders.keys()].map((adapter) => ({ adapter, params }))
  })
  return /** @type {Results} */ (await alternate('calls', jobs, 1))
}

/** @param {string} contender @param {Params} params @returns {Promise<Value>} */
export async function measure(contender, { limit, spec, ms }) {
  const specs = Array.from({ length: MEMBERS }, () => spec)
  return await withFleet({ contender, limit, specs }, async ({ redis, crew }) => {
    const from = crew.now
    const work = await workOver(redis, MEMBERS, ms)
    const to = crew.now
    return { ...work, part: crew.trace().between(from, to) / ((limit * (to - from)) / 1000) }
  })
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  return CASES.map(({ title }) =>
    absolute(
      results.filter(({ params }) => params.title === title),
      {
        target: `calls of Redis for each process, at ${title}`,
        reach: '<= 12 a second',
        bound: 12,
        unit: 'a second',
        digits: 1,
        of: ({ calls }) => calls,
      },
    ),
  )
}

/** @param {Results} results @param {(contender: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  const cell = (/** @type {Value[]} */ values) => {
    const of = (/** @type {keyof Value} */ key, digits = 1) =>
      spread(
        values.map((value) => value[key]),
        digits,
      )
    return `${of('calls')} calls/s; ${of('cpu')} ms/s; ${of('part', 2)} R`
  }
  return [
    {
      title: `What ${MEMBERS} processes ask of Redis`,
      note: `Scripts that each process calls a second; processor time of Redis; what passed meanwhile, as a part of the limit (over so short a time a window of 1 s more or less shows). Chunks of ${size(CHUNK)} where nothing else is said.`,
      ...crossTable(results, ({ params }) => params.title, cell, 'limit', nameOf),
    },
  ]
}
