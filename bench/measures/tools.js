import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { sleepUntil } from '../lib/sleep.js'
import { groupBy, median, spread } from '../lib/stats.js'
import { burst, Trace, worstWindow } from '../lib/trace.js'
import { KiB, MiB, round, size } from '../lib/units.js'

/** @import { AddressInfo } from 'node:net' */
/** @import { Readable } from 'node:stream' */
/** @import { Adapter, Context, Outcome, Row, Table } from '../types.d.ts' */
/** @typedef {'sluice, through a pipe' | 'pv' | 'curl --limit-rate'} Tool */
/** @typedef {{ tool: Tool, rate: number, seconds: number }} Params */
/** @typedef {{ burst: number, window: number, firstBurst: number, first: number, error: number }} Value */
/** @typedef {{ outcomes: Outcome<Value, Params>[], missing: string[] }} Results */

export const title = 'Command-line tools'

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const seconds = context.quick ? 2.5 : 8
  /** @type {Params['tool'][]} */
  const tools = []
  const missing = []
  for (const [tool, command] of /** @type {const} */ ([
    ['pv', 'pv'],
    ['curl --limit-rate', 'curl'],
  ])) {
    const { error, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' })
    if (error) missing.push(`${tool}: skipped, since \`${command}\` is not installed (${error.message})`)
    else {
      tools.push(tool)
      missing.push(stdout.split(/ \(| - |\n/)[0] ?? command)
    }
  }
  const jobs = [MiB, 10 * MiB].flatMap((rate) => [
    ...(context.contestants.has('sluice')
      ? [{ adapter: 'sluice', params: { tool: /** @type {const} */ ('sluice, through a pipe'), rate, seconds } }]
      : []),
    ...tools.map((tool) => ({ adapter: undefined, params: { tool, rate, seconds } })),
  ])
  return { outcomes: await context.alternate('tools', jobs, 1), missing }
}

/** @param {Adapter | undefined} adapter @param {Params} params @returns {Promise<Value>} */
export async function measure(adapter, { tool, rate, seconds }) {
  const trace = new Trace()
  const note = (/** @type {Buffer} */ data) => trace.add(performance.now(), data.length)
  const start = performance.now()
  const stop = await (tool === 'pv' ? pv(rate, note) : adapter?.open ? sluice(adapter, rate, note) : curl(rate, note))
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

/** @param {string} command @param {string[]} args @param {(data: Buffer) => void} note @param {Readable} [input] */
function tap(command, args, note, input) {
  const process = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  process.stdout.on('data', note)
  process.stdin.on('error', () => {}) // the pipe breaks when the tool is stopped
  if (input) input.pipe(process.stdin)
  return () => process.kill('SIGKILL')
}

/** A file that never ends, without a process to feed it. @param {number} rate @param {(data: Buffer) => void} note */
async function pv(rate, note) {
  const process = spawn('sh', ['-c', `exec pv -q -L ${rate} < /dev/zero`], { stdio: ['ignore', 'pipe', 'ignore'] })
  process.stdout.on('data', note)
  return () => process.kill('SIGKILL')
}

/** From a server on the loopback that sends as fast as it may. @param {number} rate @param {(data: Buffer) => void} note */
async function curl(rate, note) {
  const chunk = Buffer.alloc(64 * KiB)
  const server = createServer((_request, response) => {
    const pump = () => {
      while (response.write(chunk));
    }
    response.on('drain', pump)
    pump()
  })
  await new Promise((/** @type {(value?: undefined) => void} */ resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = /** @type {AddressInfo} */ (server.address())
  return tap('curl', ['-sN', '--limit-rate', String(rate), `http://127.0.0.1:${port}/`], note)
}

/** Ours where the tools stand: between /dev/zero and a pipe. @param {Adapter} adapter @param {number} rate @param {(data: Buffer) => void} note */
async function sluice(adapter, rate, note) {
  const { createReadStream } = await import('node:fs')
  const stream = adapter.open?.(rate).stream()
  if (!stream) throw new TypeError('Cannot measure: no stream')
  return tap('cat', [], note, createReadStream('/dev/zero').pipe(stream))
}

/** @returns {Row[]} They are not rivals for a library's place; their figures stand in a table of their own. */
export function rows() {
  return []
}

/** @param {Results} results @returns {Table[]} */
export function tables({ outcomes, missing }) {
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
      note: `Read from the tool's standard output, a pipe. ${missing.join('; ')}. curl reads from a server on the loopback.`,
      head: ['tool, rate', 'burst, steady', 'fullest 100 ms', 'first second: burst; rate', 'mean error over all'],
      body,
    },
  ]
}
