// One measurement of one contestant, in a process of its own. Started by ../lib/fork.js; the result goes back as a message.

/** @import { Job } from '../types.d.ts' */
/** @import { FtpMeasure } from './types.d.ts' */

/** @param {{ value?: unknown, error?: string }} message */
function report(message) {
  process.send?.(message, () => process.exit(0))
}

try {
  const { measure, adapter, params } = /** @type {Job} */ (JSON.parse(String(process.argv[2])))
  const { measure: run } = /** @type {FtpMeasure} */ (await import(`./measures/${measure}.js`))
  report({ value: await run(String(adapter), /** @type {never} */ (params)) })
} catch (error) {
  report({ error: error instanceof Error ? `${error.message}` : String(error) })
}
