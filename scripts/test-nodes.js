// Runs the unit tests on every line of Node that is supported. The npm package `node` carries the binaries.
// Usage: node scripts/test-nodes.js [VERSION...]   (default: 20, 22, 24 and 26, but for the one that runs this)
// With REPORTS set to a folder, vitest writes a JSON report of each run there.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const running = process.versions.node.split('.')[0]
const supported = ['20', '22', '24', '26'].filter((version) => version !== running)
const versions = process.argv.length > 2 ? process.argv.slice(2) : supported
const cache = join('node_modules', '.cache', 'nodes')
const failed = []

for (const version of versions) {
  const folder = join(cache, version)
  const node = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }\n')
    run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', `node@${version}`])
  }
  const found = spawnSync(node, ['--version'], { encoding: 'utf8' })
  console.log(`\n== Node ${found.stdout?.trim() || `${version} could not be started: ${found.error?.message}`}`)
  const reports = process.env.REPORTS
  const reporters = [
    '--reporter=dot',
    ...(reports ? ['--reporter=json', `--outputFile=${join(reports, `node-${version}.json`)}`] : []),
  ]
  if (!run(node, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', 'src', ...reporters])) failed.push(version)
}
if (failed.length > 0) {
  console.error(`The unit tests fail on Node ${failed.join(', ')}`)
  process.exitCode = 1
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0
}
