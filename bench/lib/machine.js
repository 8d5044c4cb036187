import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { GiB, round } from './units.js'

/** @import { Adapter } from '../types.d.ts' */

const root = new URL('../../', import.meta.url)

/**
 * What figures depend on: machine, Node.js, versions, commit.
 *
 * @param {Map<string, Adapter>} contestants
 */
export function describeMachine(contestants) {
  const versions = [...new Set([...contestants.values()].flatMap(({ package: name }) => name ?? []))].map((name) => {
    const { version } = JSON.parse(
      readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8'),
    )
    return `${name} ${version}`
  })
  const processors = cpus()
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    node: process.version,
    system: `${type()} ${release()}, ${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}, ${round(totalmem() / GiB, 1)} GiB`,
    load: load(),
    commit: commit(),
    versions: versions.join(', '),
  }
}

/** @returns {string} Processes that ran or wanted to, over the last 1, 5 and 15 minutes. */
export function load() {
  return loadavg()
    .map((load) => round(load))
    .join(', ')
}

/** Short hash of the project's commit, with a mark if files differ from it. */
function commit() {
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', 'src') ? ' with changes' : '')
  } catch {
    return 'unknown' // not a work tree, or no git: the figures are no worse for it
  }
}
