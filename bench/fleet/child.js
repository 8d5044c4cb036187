// One measurement of one contender. Started by ../lib/fork.js; the result goes back as a message.

/** @import { Job } from '../types.d.ts' */
/** @import { FleetMeasure } from './types.d.ts' */

/** In ms; less than runs wait for a job. */
const PATIENCE = 100_000

/** @param {{ value?: unknown, error?: string }} message */
function report(message) {
  process.send?.(message, () => process.exit(0))
}

// Before it is taken to have hung: it ends what it has started.
setTimeout(() => report({ error: `no result after ${PATIENCE / 1000} s` }), PATIENCE).unref()

try {
  const { measure, adapter, params } = /** @type {Job} */ (JSON.parse(String(process.argv[2])))
  const { measure: run } = /** @type {FleetMeasure} */ (await import(`./measures/${measure}.js`))
  report({ value: await run(String(adapter), /** @type {never} */ (params)) })
} catch (error) {
  report({ error: error instanceof Error ? error.message : String(error) })
}
