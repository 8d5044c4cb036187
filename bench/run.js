#!/usr/bin/env node
// Measures every line of the target table, ours and theirs side by side. `node bench/run.js --help` tells the rest.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadAdapter, roster } from './adapters/index.js'
import { alternator } from './lib/alternate.js'
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

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: order.join(',') },
    contestants: { type: 'string' },
    out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
    'no-write': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

const only = options.only.split(',')
const wanted = options.contestants?.split(',')
for (const [name, known] of /** @type {[string, string[]][]} */ ([
  ...only.map((name) => [name, order]),
  ...(wanted ?? []).map((name) => [name, roster.map(({ file }) => file)]),
])) {
  if (!known.includes(name)) {
    process.stderr.write(`Cannot measure '${name}': known are ${known.join(', ')}\n`)
    process.exit(2)
  }
}

const log = (/** @type {string} */ line) => {
  process.stderr.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`)
}

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
for (const name of order.filter((name) => only.includes(name))) {
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
process.stdout.write(text)
if (!options['no-write']) {
  mkdirSync(options.out, { recursive: true })
  writeFileSync(`${options.out}/latest.md`, text)
  const raw = {
    machine,
    quick: options.quick,
    minutes,
    noise: floor,
    ...Object.fromEntries(done.map((d) => [d.name, d.results])),
  }
  writeFileSync(`${options.out}/latest.json`, `${JSON.stringify(raw, null, 1)}\n`)
}
