import { runChild } from './fork.js'

/** @import { Context, Outcome } from '../types.d.ts' */

/** A job that takes longer has hung, ms. */
const TIMEOUT = 120_000

/**
 * @param {(line: string) => void} log
 * @param {string} [program] What does a job, if not `child.js`.
 * @returns {Context['alternate']}
 */
export function alternator(log, program) {
  return async (measure, jobs, rounds) => {
    /** @type {Outcome<any, any>[]} */
    const outcomes = []
    for (let round = 1; round <= rounds; round++) {
      // Every other round the other way round: what warms up or cools down in a round favours nobody.
      const sequence = round % 2 ? jobs : jobs.toReversed()
      for (const [i, { adapter, params }] of sequence.entries()) {
        log(`${measure} ${round}/${rounds} ${i + 1}/${jobs.length} ${adapter ?? ''} ${brief(params)}`)
        const outcome = { adapter: adapter ?? '-', params, round, value: undefined, error: undefined }
        try {
          outcomes.push({ ...outcome, value: await runChild({ measure, adapter, params }, TIMEOUT, program) })
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error)
          log(`  failed: ${message}`)
          outcomes.push({ ...outcome, error: message })
        }
      }
    }
    // In the order of the jobs, whatever order they ran in, so that tables look the same.
    return jobs.flatMap((job) =>
      outcomes.filter(({ adapter, params }) => params === job.params && adapter === (job.adapter ?? '-')),
    )
  }
}

/** @param {unknown} params */
function brief(params) {
  const text = JSON.stringify(params) ?? ''
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
