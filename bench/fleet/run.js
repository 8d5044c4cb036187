#!/usr/bin/env node
// Measures one limit for many processes, ours and theirs side by side. `node bench/fleet/run.js --help` tells the rest.
import { fileURLToPath } from 'node:url'
import { findRedis } from '../../scripts/lib/redis-server.js'
import { alternator } from '../lib/alternate.js'
import { log, publish, readOptions } from '../lib/command.js'
import { describeMachine, load } from '../lib/machine.js'
import { CONTENDERS, loadContender, VARIANTS } from './contenders/index.js'
import { markdown } from './lib/report.js'
import { order } from './measures/index.js'

/** @import { Adapter } from '../types.d.ts' */
/** @import { FleetContext, FleetMeasure } from './types.d.ts' */

const HELP = `Usage: npm run bench:fleet -- [options]

Measures one limit that many processes share through Redis: sluice beside rate-limiter-flexible and bottleneck, alternating
in one run, and prints the results as Markdown on standard output; progress goes to standard error. Both are also written
to bench/results/fleet.md and fleet.json. Needs redis-server, valkey-server, or what REDIS_SERVER names.

  --quick               small fleets, one round: for trying, not for quoting
  --only a,b            only these measurements: ${order.join(', ')}
  --contenders a,b      only these: ${CONTENDERS.join(', ')}
  --out DIR             where the results are written (bench/results)
  --no-write            print only
  --help                this text

SLUICE_DIST=DIR measures the build in DIR instead of dist/.
`

const options = readOptions(HELP, { only: order, contenders: CONTENDERS })

/** @param {readonly string[]} files */
const loadAll = async (files) =>
  new Map(await Promise.all(files.map(async (file) => /** @type {const} */ ([file, await loadContender(file)]))))

const names = options.chosen('contenders') ?? CONTENDERS
const contenders = await loadAll(names)
const { version: redis } = findRedis()
/** @type {FleetContext} */
const context = {
  quick: options.quick,
  contenders,
  alternate: alternator(log, fileURLToPath(new URL('child.js', import.meta.url))),
}

const began = performance.now()
/** @type {Map<string, Adapter>} What describes the machine needs names of packages only. */
const packages = new Map([...CONTENDERS.slice(1), 'ioredis'].map((name) => [name, { name, package: name }]))
const before = describeMachine(packages)
/** @type {{ name: string, measure: FleetMeasure, results: unknown }[]} */
const done = []
for (const name of options.chosen('only') ?? order) {
  const measure = /** @type {FleetMeasure} */ (await import(`./measures/${name}.js`))
  const from = performance.now()
  done.push({ name, measure, results: await measure.run(context) })
  log(`${name}: ${Math.round((performance.now() - from) / 1000)} s`)
}

const machine = { ...before, versions: [before.versions, redis].join(', '), loadAfter: load() }
const minutes = (performance.now() - began) / 60_000
const variants = VARIANTS.filter((variant) => names.some((name) => variant.startsWith(name)))
const text = markdown({
  machine,
  done,
  contenders: new Map([...contenders, ...(await loadAll(variants))]),
  quick: options.quick,
  args: process.argv.slice(2).join(' '),
  minutes,
})
publish(options, 'fleet', text, {
  machine,
  quick: options.quick,
  minutes,
  ...Object.fromEntries(done.map((d) => [d.name, d.results])),
})
process.exit(0) // what loads a contender may hold the process
