/**
 * `npm run demo:fleet`: eight processes share one budget through a Redis of their own, and go on sharing it while processes are killed
 * and started, the limit changes, and Redis is killed and comes back. Takes a minute; `--quick` takes 20 s, `--json` gives the figures.
 * The exit code is 1 if something is broken, and 0 also if a target is missed, which can be the noise of a busy machine.
 */
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { parseRate } from '../dist/index.js'
import { acts } from './demo-fleet/acts.js'
import { Complaint } from './demo-fleet/complaint.js'
import { Live } from './demo-fleet/live.js'
import { lookOf } from './demo-fleet/look.js'
import { SOURCE } from './demo-fleet/member.js'
import { play } from './demo-fleet/play.js'
import { findRedis, RedisServer } from './demo-fleet/redis-server.js'
import { resultsOf } from './demo-fleet/results.js'
import { Stage } from './demo-fleet/stage.js'
import { summary } from './demo-fleet/summary.js'

const USAGE = `Usage: npm run demo:fleet [-- --quick] [-- --json]
  --quick  shorter acts: 20 seconds in all
  --json   the figures as JSON, and nothing else
  --help   this help`

const LIMIT = parseRate('20MiB/s')
const LIGHT_DEMAND = parseRate('500KiB/s')

/** Characters in a line of the summary. */
const MOST_WIDTH = 110
const PLAIN_WIDTH = 100

/** Somebody wants it to end. */
class Stopped extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`Stopped by ${signal}`)
    this.exitCode = 128 + constants.signals[signal]
  }
}

/** @param {{ quick: boolean, json: boolean }} options @returns {Promise<number>} The exit code. */
async function main({ quick, json }) {
  const { stdout } = process
  const { program, version } = findRedis(process.env)
  if (!existsSync(SOURCE)) throw new Complaint(`Cannot run here: the processes read ${SOURCE}, which is missing`)

  const stop = new AbortController()
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.once(signal, () => stop.abort(new Stopped(signal)))
  stdout.on('error', (error) => stop.abort(error)) // whoever read it has gone
  const stage = new Stage(new RedisServer(program), LIMIT, stop.signal, (error) => stop.abort(error))
  const look = lookOf(stdout)
  const live = json ? undefined : new Live(stage, look, stdout)
  process.once('exit', () => {
    // Whatever happens.
    stage.kill()
    live?.stop()
  })
  const lateness = monitorEventLoopDelay({ resolution: 1 })
  try {
    await stage.redis.start(stop.signal)
    lateness.enable()
    stage.vigil.start()
    const list = acts({ limit: LIMIT, lightDemand: LIGHT_DEMAND, quick })
    const outcome = await play(stage, list, (title) => live?.announce(title))
    lateness.disable()
    live?.stop()
    const late = { usual: lateness.percentile(99) / 1e6, worst: lateness.max / 1e6 }
    const results = resultsOf(stage, outcome, late)
    const width = Math.min(stdout.columns ? stdout.columns - 1 : PLAIN_WIDTH, MOST_WIDTH)
    const text = json
      ? JSON.stringify({ server: { version, pids: stage.redis.pids }, ...results })
      : summary(stage, results, width, look).join('\n')
    stdout.write(`${text}\n`)
    return results.broken > 0 ? 1 : 0
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error
  } finally {
    live?.stop()
    stage.vigil.stop()
    await stage.clear()
  }
}

try {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) process.stdout.write(`${USAGE}\n`)
  else process.exitCode = await main({ quick: values.quick === true, json: values.json === true })
} catch (thrown) {
  const error = /** @type {NodeJS.ErrnoException} */ (thrown)
  if (error instanceof Stopped) process.exitCode = error.exitCode
  else if (error.code === 'EPIPE') process.exitCode = 141
  else if (error instanceof Complaint || error.code?.startsWith('ERR_PARSE_ARGS')) {
    process.stderr.write(`demo:fleet: ${error.message}\n`)
    process.exitCode = error instanceof Complaint ? 1 : 2
  } else throw thrown
}
