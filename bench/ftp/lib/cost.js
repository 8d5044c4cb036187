import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** @import { Cost } from '../types.d.ts' */

/** Ticks of a second in which Linux counts processor time for others. */
const TICKS = 100

/** How often the memory of a program is looked at, in ms. What is read is the most it ever had, so little is missed. */
const LOOK = 10

/** A program that takes longer has hung, ms; that is for those without a limit. */
const TIMEOUT = 20_000

/** So often a program is run with next to nothing to do, to know what its start and login take. */
const BASELINE = 3

/** Nobody's settings: curl and lftp read files in the home folder. */
const env = { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8' }

/**
 * What it costs to do something in this process, from when it is connected.
 *
 * @param {() => Promise<unknown>} body
 * @returns {Promise<Cost>} The memory is that of the whole process, with Node.js itself.
 */
export async function costHere(body) {
  const before = process.cpuUsage()
  const began = performance.now()
  await body()
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  return { seconds, cpu: (user + system) / 1e6, rss: process.resourceUsage().maxRSS * 1024 }
}

/**
 * What it costs a program to do something, less what it takes for next to nothing: its start, the connection and the login, which the
 * others have behind them when their time begins.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {string[]} trifle What it is given for next to nothing.
 * @returns {Promise<Cost & { said: string }>}
 */
export async function costOf(command, args, trifle) {
  const base = []
  for (let i = 0; i < BASELINE; i++) base.push(await runProgram(command, trifle))
  const whole = await runProgram(command, args)
  return {
    seconds: whole.seconds - Math.min(...base.map(({ seconds }) => seconds)),
    cpu: whole.cpu - Math.min(...base.map(({ cpu }) => cpu)),
    rss: whole.rss,
    said: whole.said,
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {(bytes: number) => void} [options.note] Is told what comes out of standard output.
 * @param {number} [options.timeout] In ms.
 * @returns {Promise<Cost & { said: string }>} From its start to its end, and what it wrote to standard error.
 * @throws {Error} With what it said, if it fails.
 */
export async function runProgram(command, args, { note, timeout = TIMEOUT } = {}) {
  const before = cpuOfChildren()
  const began = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', note ? 'pipe' : 'ignore', 'pipe'], env, timeout })
  let said = ''
  let rss = 0
  child.stderr?.on('data', (text) => {
    said = (said + text).slice(-1000)
  })
  if (note) child.stdout?.on('data', (data) => note(data.length))
  const look = () => {
    rss = Math.max(rss, peakOf(child.pid))
  }
  const watch = setInterval(look, LOOK)
  look()
  const closed = once(child, 'close')
  const [code, signal] = await once(child, 'exit')
  const seconds = (performance.now() - began) / 1000
  clearInterval(watch)
  await closed
  if (code !== 0) throw new Error(`${command} ends with ${signal ?? code}: ${said.trim().split('\n').at(-1)}`)
  return { seconds, cpu: cpuOfChildren() - before, rss, said }
}

/** @returns {number} Seconds of processor time of all children that have ended. */
function cpuOfChildren() {
  const fields = afterName(readFileSync('/proc/self/stat', 'utf8'))
  return (Number(fields[13]) + Number(fields[14])) / TICKS // cutime and cstime, fields 16 and 17 of all
}

/** @param {string} stat @returns {string[]} The fields from the third one on: the second is a name that may hold anything. */
const afterName = (stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

/** @param {number | undefined} pid @returns {number} The most memory that a process has had, in bytes; 0 if it is gone. */
function peakOf(pid) {
  try {
    const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmHWM:\s*(\d+) kB$/m)
    return Number(line?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** @param {string} command @returns {string} The first line of what a program says of its version. @throws {Error} If there is none. */
export function versionOf(command) {
  const { error, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8', env })
  if (error) throw new Error('it is not installed')
  return stdout.split('\n')[0] ?? ''
}
