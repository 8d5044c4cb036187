import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { dist } from '../lib/dist.js'
import { sleepUntil } from '../lib/sleep.js'
import { groupBy, median, spread } from '../lib/stats.js'
import { burst, Trace, worstWindow } from '../lib/trace.js'
import { KiB, MiB, round, size } from '../lib/units.js'

/** @import { AddressInfo } from 'node:net' */
/** @import { Context, Outcome, Row, Table } from '../types.d.ts' */
/** @typedef {'sluice pipe' | 'pv' | 'curl --limit-rate'} Tool */
/** @typedef {{ tool: Tool, rate: number, seconds: number }} Params */
/** @typedef {{ burst: number, window: number, firstBurst: number, first: number, error: number }} Value */
/** @typedef {{ outcomes: Outcome<Value, Params>[], versions: string[] }} Results */

export const title = 'Command-line tools'

const cli = fileURLToPath(new URL('cli/main.js', dist))

/** What each is started with; curl reads from a server instead of standard input. @type {Record<Tool, (rate: number) => string[]>} */
const COMMANDS = {
  'sluice pipe': (rate) => [process.execPath, cli, 'pipe', '--quiet', '--limit', String(rate)],
  pv: (rate) => ['pv', '-q', '-L', String(rate)],
  'curl --limit-rate': (rate) => ['curl', '-sN', '--limit-rate', String(rate)],
}

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const seconds = context.quick ? 2.5 : 8
  /** @type {Tool[]} */
  const tools = []
  const versions = []
  for (const tool of /** @type {Tool[]} */ (Object.keys(COMMANDS))) {
    const [command = '', first = ''] = COMMANDS[tool](MiB)
    const asked = tool === 'sluice pipe' ? [first, '--version'] : ['--version']
    const { error, status, stdout } = spawnSync(command, asked, { encoding: 'utf8' })
    if (error || status) versions.push(`${tool} is skipped: ${error ? 'not installed' : `it ends with ${status}`}`)
    else {
      tools.push(tool)
      versions.push(tool === 'sluice pipe' ? `${tool} ${stdout.trim()}` : String(stdout.split(/ \(| - |\n/)[0]))
    }
  }
  const jobs = [MiB, 10 * MiB].flatMap((rate) =>
    tools.map((tool) => ({ adapter: undefined, params: { tool, rate, seconds } })),
  )
  return { outcomes: await context.alternate('tools', jobs, 1), versions }
}

/** @param {unknown} _adapter @param {Params} params @returns {Promise<Value>} */
export async function measure(_adapter, { tool, rate, seconds }) {
  const trace = new Trace()
  const note = (/** @type {Buffer} */ data) => trace.add(performance.now(), data.length)
  const start = performance.now()
  const stop = await launch(tool, rate, note)
  await sleepUntil(start + seconds * 1000)
  stop()
  const from = trace.time(0)
  const to = start + seconds * 1000
  return {
    burst: burst(trace, rate, from + 1000, to),
    window: worstWindow(trace, rate, from + 1000, to, 100),
    firstBurst: burst(trace, rate, from, from + 1000),
    first: trace.between(from, from + 1000) / rate,
    error: trace.between(from, to) / ((rate * (to - from)) / 1000) - 1,
  }
}

/**
 * @param {Tool} tool
 * @param {number} rate
 * @param {(data: Buffer) => void} note Is given what comes out.
 * @returns {Promise<() => void>} Stops it.
 */
async function launch(tool, rate, note) {
  const [command = '', ...args] = COMMANDS[tool](rate)
  if (tool === 'curl --limit-rate') args.push(await endlessServer())
  const zeros = openSync('/dev/zero', 'r') // a source without a process to feed it
  const child = spawn(command, args, { stdio: [zeros, 'pipe', 'inherit'] })
  child.stdout?.on('data', note)
  return () => child.kill('SIGKILL')
}

/** @returns {Promise<string>} Address of a server on the loopback that sends as fast as it may, without end. */
async function endlessServer() {
  const chunk = Buffer.alloc(64 * KiB)
  const server = createServer((_request, response) => {
    const pump = () => {
      while (response.write(chunk));
    }
    response.on('drain', pump)
    pump()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${/** @type {AddressInfo} */ (server.address()).port}/`
}

/** @returns {Row[]} They are not rivals for a library's place; their figures stand in a table of their own. */
export function rows() {
  return []
}

/** @param {Results} results @returns {Table[]} */
export function tables({ outcomes, versions }) {
  const body = [...groupBy(outcomes, ({ params }) => `${params.tool}, ${size(params.rate)}/s`)].map(([name, same]) => {
    const failed = same.find(({ error }) => error !== undefined)
    if (failed) return [name, `failed: ${failed.error}`]
    const of = (/** @type {keyof Value} */ key, factor = 1) => same.map(({ value }) => Number(value?.[key]) * factor)
    return [
      name,
      `${spread(of('burst'), 1)} ms`,
      `${spread(of('window'))} R`,
      `${spread(of('firstBurst'), 1)} ms; ${round(median(of('first')))} R`,
      `${spread(of('error', 100))} %`,
    ]
  })
  return [
    {
      title,
      note: `Read from the tool's standard output, a pipe. ${versions.join('; ')}. curl reads from a server on the loopback.`,
      head: ['tool, rate', 'burst, steady', 'fullest 100 ms', 'first second: burst; rate', 'mean error over all'],
      body,
    },
  ]
}
