#!/usr/bin/env node
// Measures the FTP client and server, ours and theirs side by side. `node bench/ftp/run.js --help` tells the rest.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { alternator } from '../lib/alternate.js'
import { log, publish, readOptions } from '../lib/command.js'
import { describeMachine, load } from '../lib/machine.js'
import { GiB, MiB } from '../lib/units.js'
import { CLIENTS, loadClient } from './clients/index.js'
import { Place } from './lib/place.js'
import { markdown } from './lib/report.js'
import { order } from './measures/index.js'
import { openServer, SERVERS, whyMissing } from './servers/index.js'

/** @import { Adapter } from '../types.d.ts' */
/** @import { FtpClient, FtpContext, FtpMeasure } from './types.d.ts' */

const HELP = `Usage: npm run bench:ftp -- [options]

Measures our FTP client beside basic-ftp, curl and lftp, and our server beside ftp-srv, vsftpd and proftpd, alternating in
one run, and prints the results as Markdown on standard output; progress goes to standard error. Both are also written
to bench/results/ftp.md and ftp.json. scripts/foreign-peers.sh gets vsftpd and proftpd.

  --quick               small files, short limits, one round: for trying, not for quoting
  --only a,b            only these measurements: ${order.join(', ')}
  --clients a,b         only these: ${CLIENTS.join(', ')}
  --servers a,b         only these: ${SERVERS.join(', ')}
  --out DIR             where the results are written (bench/results)
  --no-write            print only
  --help                this text

SLUICE_DIST=DIR measures the build in DIR instead of dist/.
`

const options = readOptions(HELP, { only: order, clients: CLIENTS, servers: SERVERS })

/** @type {string[]} */
const absent = []
const leaveOut = (/** @type {string} */ reason) => {
  absent.push(reason)
  log(reason)
}

/** @type {Map<string, FtpClient>} */
const clients = new Map()
/** @type {string[]} */
const versions = []
for (const file of options.chosen('clients') ?? CLIENTS) {
  try {
    const client = await loadClient(file)
    if (client.version) versions.push(client.version())
    clients.set(file, client)
  } catch (error) {
    leaveOut(`${file} is left out: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
  }
}
const servers = SERVERS.filter((name) => options.chosen('servers')?.includes(name) ?? true).filter((name) => {
  const reason = whyMissing(name)
  if (reason) leaveOut(reason)
  return !reason
})

const place = new Place(options.quick ? GiB : 4 * GiB)
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    place.remove()
    process.exit(130)
  })
}
/** @type {FtpContext} */
const context = {
  quick: options.quick,
  large: options.quick ? 128 * MiB : GiB,
  clients,
  servers,
  place,
  alternate: alternator(log, fileURLToPath(new URL('child.js', import.meta.url))),
  async withServer(spec, body) {
    const server = await openServer({ ...spec, root: place.root })
    try {
      return await body(server.target)
    } finally {
      await server.stop()
    }
  },
}

const began = performance.now()
/** @type {Map<string, Adapter>} What describes the machine needs names of packages only. */
const packages = new Map(['basic-ftp', 'ftp-srv'].map((name) => [name, { name, package: name }]))
const before = describeMachine(packages)
/** @type {{ name: string, measure: FtpMeasure, results: unknown }[]} */
const done = []
try {
  for (const name of options.chosen('only') ?? order) {
    const measure = /** @type {FtpMeasure} */ (await import(`./measures/${name}.js`))
    const from = performance.now()
    done.push({ name, measure, results: await measure.run(context) })
    log(`${name}: ${Math.round((performance.now() - from) / 1000)} s`)
  }
} finally {
  place.remove()
}

const machine = { ...before, versions: [before.versions, ...versions].join(', '), loadAfter: load() }
const minutes = (performance.now() - began) / 60_000
const text = markdown({
  machine,
  done,
  clients,
  absent,
  quick: options.quick,
  folder: dirname(place.folder),
  args: process.argv.slice(2).join(' '),
  minutes,
})
publish(options, 'ftp', text, {
  machine,
  quick: options.quick,
  minutes,
  ...Object.fromEntries(done.map((d) => [d.name, d.results])),
})
