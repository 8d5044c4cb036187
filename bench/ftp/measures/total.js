import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { crossTable } from '../../lib/scores.js'
import { jain, spread } from '../../lib/stats.js'
import { MiB, size } from '../../lib/units.js'
import { absolute } from '../../lib/verdict.js'
import { loadClient } from '../clients/index.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { FtpContext, Target } from '../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @typedef {{ rate: number, bytes: number, target: Target, copy: string }} Params */
/** @typedef {{ error: number, jain: number, apart: number }} Value `apart`: seconds from the first to finish to the last. */
/** @typedef {Outcome<Value, Params>[]} Results */

export const title = 'Eight downloads under one limit'

const RATE = 20 * MiB
const FILES = 8
/** How often the files are looked at, in ms. */
const LOOK = 4

/** @param {FtpContext} context @returns {Promise<Results>} */
export async function run({ quick, clients, place, withServer, alternate }) {
  const bytes = (RATE / FILES) * (quick ? 2 : 8)
  place.files('eight', FILES, bytes)
  const results = await withServer({ name: 'vsftpd' }, async (target) => {
    const params = { rate: RATE, bytes, target, copy: place.local('eight') }
    const able = [...clients].filter(([, { eight }]) => eight)
    return await alternate(
      'total',
      able.map(([adapter]) => ({ adapter, params })),
      quick ? 1 : 2,
    )
  })
  place.forget('eight')
  return /** @type {Results} */ (results)
}

/** @param {string} adapter @param {Params} params @returns {Promise<Value>} */
export async function measure(adapter, { rate, bytes, target, copy }) {
  const { eight } = await loadClient(adapter)
  mkdirSync(copy)
  /** By inode, as files may be renamed when they are whole. @type {Map<number, { bytes: number, time: number }>} */
  const files = new Map()
  let began = { time: Number.NaN, bytes: 0 }
  /** @type {number[] | undefined} */
  let shares
  const look = () => {
    const time = performance.now()
    for (const name of readdirSync(copy)) {
      const stat = statSync(join(copy, name), { throwIfNoEntry: false })
      if (!stat || stat.size === files.get(stat.ino)?.bytes) continue
      files.set(stat.ino, { bytes: stat.size, time })
    }
    const sizes = [...files.values()].map((file) => file.bytes)
    const sum = sizes.reduce((a, b) => a + b, 0)
    if (Number.isNaN(began.time) && sum > 0) began = { time, bytes: sum }
    if (sizes.some((size) => size === bytes)) shares ??= sizes
  }
  const watch = setInterval(look, LOOK)
  try {
    await eight?.(target, 'eight', copy, rate)
    look()
    const ends = [...files.values()].filter((file) => file.bytes === bytes).map(({ time }) => time)
    if (ends.length !== FILES || !shares) throw new Error(`${ends.length} of ${FILES} files are whole`)
    const seconds = (Math.max(...ends) - began.time) / 1000
    const all = Array.from({ length: FILES }, (_, i) => shares?.[i] ?? 0)
    return {
      error: (FILES * bytes - began.bytes) / seconds / rate - 1,
      jain: jain(all),
      apart: (Math.max(...ends) - Math.min(...ends)) / 1000,
    }
  } finally {
    clearInterval(watch)
    rmSync(copy, { recursive: true, force: true })
  }
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  const target = `eight downloads under ${size(RATE)}/s`
  return [
    absolute(results, {
      target: `${target}: mean error`,
      reach: '<= 0.2 %',
      bound: 0.2,
      unit: '%',
      digits: 3,
      of: ({ error }) => Math.abs(error) * 100,
    }),
    absolute(results, {
      target: `${target}: Jain`,
      reach: '>= 0.999',
      bound: 0.999,
      higher: true,
      digits: 4,
      of: (value) => value.jain,
    }),
    absolute(results, {
      target: `${target}: last to finish after the first`,
      reach: '<= 0.1 s',
      bound: 0.1,
      unit: 's',
      digits: 3,
      of: ({ apart }) => apart,
    }),
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  return [
    {
      title: `${title} of ${size(RATE)}/s, from vsftpd`,
      note: `Error of the sum from the first bytes to the last; Jain's index of what each file has when the first one is whole; how long after that the last one is. A pool's throttle, and lftp's \`net:limit-total-rate\` with \`mirror --parallel=8\`; the sizes of the files are looked at every ${LOOK} ms.`,
      ...crossTable(
        results,
        () => `8 x ${size(Number(results[0]?.params.bytes))}`,
        (values) =>
          `${spread(
            values.map(({ error }) => error * 100),
            3,
          )} %; ${spread(
            values.map((value) => value.jain),
            4,
          )}; ${spread(
            values.map(({ apart }) => apart),
            3,
          )} s`,
        'files',
        nameOf,
      ),
    },
  ]
}
