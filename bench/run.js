#!/usr/bin/env node
// Measures every line of the target table, ours and theirs side by side. `node bench/run.js --help` tells the rest.
import { loadAdapter, roster } from './adapters/index.js'
import { alternator } from './lib/alternate.js'
import { log, publish, readOptions } from './lib/command.js'
import { describeMachine, load } from './lib/machine.js'
import { markdown } from './lib/report.js'
import { order } from './measures/index.js'

/** @import { Adapter, Context, Measure } from './types.d.ts' */

const HELP = `Usage: npm run bench -- [options]

Measures sluice and its rivals, alternating in one run, and prints the results as Markdown on standard output; progress
goes to standard error. Both are also written to bench/results/latest.md and latest.json.

  --quick               short windows, fewer rounds, rivals and cases: for trying, not for quoting (under 3 minutes)
  --only a,b            only these measurements: ${order.join(', ')}
  --contestants a,b     only these: ${roster.map(({ file }) => file).join(', ')}
  --out DIR             where the results are written (bench/results)
  --no-write            print only
  --help                this text

SLUICE_DIST=DIR measures the build in DIR instead of dist/.
`

const files = roster.map(({ file }) => file)
const options = readOptions(HELP, { only: order, contestants: files })
const wanted = options.chosen('contestants')

/** @type {Map<string, Adapter>} */
const contestants = new Map()
/** @type {string[]} */
const absent = []
for (const { file, main } of roster) {
  if (wanted ? !wanted.includes(file) : options.quick && !main) continue
  try {
    contestants.set(file, await loadAdapter(file))
  } catch (error) {
    const reason = `${file} is left out: ${error instanceof Error ? error.message.split('\n')[0] : error}`
    absent.push(reason)
    log(reason)
  }
}

/** @type {Context} */
const context = {
  quick: options.quick,
  contestants,
  main: new Set(roster.filter(({ main }) => main).map(({ file }) => file)),
  alternate: alternator(log),
}
const began = performance.now()
const before = describeMachine(contestants)
const importMeasure = /** @type {(name: string) => Promise<Measure>} */ ((name) => import(`./measures/${name}.js`))
const noise = await importMeasure('noise')
/** @type {{ name: string, measure: Measure, results: unknown }[]} */
const done = []
/** @type {unknown[]} */
const floor = /** @type {unknown[]} */ (await noise.run(context, 'start'))
for (const name of options.chosen('only') ?? order) {
  const measure = await importMeasure(name)
  const from = performance.now()
  done.push({ name, measure, results: await measure.run(context) })
  log(`${name}: ${Math.round((performance.now() - from) / 1000)} s`)
}
floor.push(.../** @type {unknown[]} */ (await noise.run(context, 'end')))

const machine = { ...before, loadAfter: load() }
const minutes = (performance.now() - began) / 60_000
const text = markdown({
  machine,
  done,
  noise: { measure: noise, results: floor },
  contestants,
  absent,
  quick: options.quick,
  args: process.argv.slice(2).join(' '),
  minutes,
})
publish(options, 'latest', text, {
  machine,
  quick: options.quick,
  minutes,
  noise: floor,
  ...Object.fromEntries(done.map((d) => [d.name, d.results])),
})
