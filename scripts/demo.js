/**
 * `npm run demo`: servers and clients in this process, real files between them over TCP and by FTP, and what the limits did to them.
 * Progress goes to stderr if that is a terminal, everything else to stdout.
 */
import { createHash, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pc from 'picocolors'
import { Tally } from '../dist/cli/pipe/tally.js'
import { startProgress } from '../dist/cli/progress/start-progress.js'
import { hasColors } from '../dist/cli/progress/terminal.js'
import { ClientPool } from '../dist/ftp/client/index.js'
import { Server } from '../dist/ftp/server/index.js'
import {
  formatDuration,
  formatRate,
  formatSize,
  parseRate,
  parseSize,
  StreamThrottle,
  systemClock,
  throttle,
} from '../dist/index.js'

const SIZE = parseSize('32MiB')
const LIMIT = parseRate('8MiB/s')
const TREE_LIMIT = parseRate('4MiB/s')
const CONNECTIONS = 4

/**
 * @import { AddressInfo } from 'node:net'
 * @import { TransferProgress, TransferSummary } from '../dist/ftp/client/index.js'
 *
 * @typedef {object} Context What the steps leave for those after them.
 * @property {string} dir A folder of the demo's own.
 * @property {string} file The file that is moved.
 * @property {string} hash Its SHA-256.
 * @property {number} unlimited Bytes per second that the machine gives without a limit.
 * @property {Server} server Serves a folder by FTP.
 * @property {Tree} tree What is in it.
 *
 * @typedef {object} Tree
 * @property {number} files
 * @property {number} folders
 * @property {number} size Bytes of all files.
 * @property {string} hash SHA-256 of all names and contents.
 *
 * @typedef {readonly [label: string, value: string]} Row
 * @typedef {{ title: string, run: (context: Context) => Promise<Row[]> }} Step
 */

/** @type {Step[]} */
const STEPS = [
  { title: 'A file of random bytes', run: makeFile },
  { title: 'Over TCP, without a limit', run: moveUnlimited },
  { title: `Over TCP, at ${formatRate(LIMIT, { exact: true })}`, run: moveLimited },
  { title: 'A tree of files, served by FTP', run: serveTree },
  {
    title: `Downloaded over ${CONNECTIONS} connections, at ${formatRate(TREE_LIMIT, { exact: true })}`,
    run: downloadTree,
  },
  { title: `Uploaded over ${CONNECTIONS} connections, at ${formatRate(TREE_LIMIT, { exact: true })}`, run: uploadTree },
]

const { bold, dim, green } = pc.createColors(hasColors(process.stdout))

/** @param {Context} context @returns {Promise<Row[]>} */
async function makeFile(context) {
  const file = join(context.dir, 'original')
  const hash = createHash('sha256')
  const handle = await open(file, 'w')
  try {
    const block = Buffer.alloc(1024 * 1024)
    for (let written = 0; written < SIZE; written += block.length) {
      randomFillSync(block)
      hash.update(block)
      await handle.writeFile(block)
    }
  } finally {
    await handle.close()
  }
  Object.assign(context, { file, hash: hash.digest('hex') })
  return [
    ['size', formatSize(SIZE)],
    ['SHA-256', context.hash],
  ]
}

/** @param {Context} context @returns {Promise<Row[]>} */
async function moveUnlimited(context) {
  const { elapsed, hash } = await move(context, null)
  context.unlimited = (SIZE * 1000) / elapsed
  return [
    ['hash', verdict(hash, context)],
    ['took', formatDuration(elapsed)],
    ['mean', formatRate(context.unlimited)],
  ]
}

/** @param {Context} context @returns {Promise<Row[]>} */
async function moveLimited(context) {
  const { tally, elapsed, hash } = await move(context, LIMIT)
  const mean = (SIZE * 1000) / elapsed
  const { worst = 0 } = tally
  return [
    ['hash', verdict(hash, context)],
    ['took', formatDuration(elapsed)],
    ['limit', formatRate(LIMIT)],
    ['mean', `${formatRate(mean)}   ${ofLimit(mean, LIMIT)}`],
    ['worst 100 ms', `${formatRate(worst)}   ${ofLimit(worst, LIMIT)}`],
    ['', dim(`Other work on the machine makes this worse: ${load()}`)],
    ['without limit', `${formatRate(context.unlimited)}   ${ofLimit(context.unlimited, LIMIT)}`],
  ]
}

/** Programs that ran or wanted to in the last minute, this one among them; systems without such a figure say 0. */
const load = () => `load ${(loadavg()[0] ?? 0).toFixed(2)} on ${availableParallelism()} processors`

/** @param {number} rate @param {number} limit */
const ofLimit = (rate, limit) => dim(`${(rate / limit).toFixed(rate > 10 * limit ? 1 : 4)} of the limit`)

/** @param {string} hash @param {Context} context */
function verdict(hash, context) {
  if (hash !== context.hash) throw new Error(`Cannot trust the copy: its SHA-256 is ${hash}, not ${context.hash}`)
  return green('SHA-256 matches')
}

/**
 * Moves the file from a server to a client, through a throttle on the side of the server.
 *
 * @param {Context} context
 * @param {number | null} limit Bytes per second.
 */
async function move({ dir, file }, limit) {
  const copy = join(dir, 'copy')
  const server = createServer((socket) => {
    // Should it fail, then the client sees it: the copy is checked.
    pipeline(createReadStream(file), throttle(limit), socket).catch((error) => socket.destroy(error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tally = new Tally(systemClock)
  const progress = showProgress(tally, limit, SIZE)
  try {
    let elapsed = 0
    await pipeline(
      connect(/** @type {AddressInfo} */ (server.address()).port, '127.0.0.1'),
      /** @param {AsyncIterable<Buffer>} chunks */
      async function* count(chunks) {
        for await (const chunk of chunks) {
          tally.count(chunk.length)
          elapsed = tally.elapsed
          yield chunk
        }
      },
      createWriteStream(copy),
    )
    const hash = createHash('sha256')
    await pipeline(createReadStream(copy), hash)
    return { tally, elapsed, hash: hash.digest('hex') }
  } finally {
    progress.stop()
    server.close()
  }
}

/**
 * @param {Tally} tally
 * @param {number | null} limit Bytes per second; nothing is shown without.
 * @param {number} size Bytes to expect.
 */
function showProgress(tally, limit, size) {
  return startProgress({ progress: false, quiet: limit === null, json: false }, false, systemClock, () => ({
    bytes: tally.bytes,
    elapsed: tally.elapsed,
    rate: tally.rate(1000),
    pace: tally.rate(10_000),
    limit,
    size,
    waitsFor: undefined,
  }))
}

/** @param {Context} context @returns {Promise<Row[]>} */
async function serveTree(context) {
  const root = join(context.dir, 'served')
  await writeTree(join(root, 'tree'))
  context.tree = await treeOf(join(root, 'tree'))
  context.server = new Server({ root })
  await context.server.listen()
  return [
    ['tree', `${context.tree.files} files in ${context.tree.folders} folders, ${formatSize(context.tree.size)}`],
    ['SHA-256', context.tree.hash],
    ['listening on', context.server.url],
  ]
}

/** @param {Context} context @returns {Promise<Row[]>} */
async function downloadTree(context) {
  const copy = join(context.dir, 'downloaded')
  const moved = await transferTree(context, (pool, options) => pool.download('tree', copy, options))
  return [['hash', await treeVerdict(copy, context)], ...rowsOf(moved)]
}

/** @param {Context} context @returns {Promise<Row[]>} */
async function uploadTree(context) {
  const original = join(context.dir, 'downloaded')
  const moved = await transferTree(context, (pool, options) => pool.upload(original, 'uploaded', options))
  return [['hash', await treeVerdict(join(context.dir, 'served', 'uploaded'), context)], ...rowsOf(moved)]
}

/** @param {Awaited<ReturnType<typeof transferTree>>} moved @returns {Row[]} */
function rowsOf({ summary, tally, elapsed }) {
  const mean = (summary.bytes * 1000) / elapsed
  const { worst = 0 } = tally
  return [
    ['files', String(summary.files)],
    ['took', formatDuration(elapsed)],
    ['limit', formatRate(TREE_LIMIT)],
    ['mean', `${formatRate(mean)}   ${ofLimit(mean, TREE_LIMIT)}`],
    ['worst 100 ms', `${formatRate(worst)}   ${ofLimit(worst, TREE_LIMIT)}`],
  ]
}

/**
 * Runs a transfer over several connections, which share one limit.
 *
 * @param {Context} context
 * @param {(pool: ClientPool, options: object) => Promise<TransferSummary>} run
 */
async function transferTree({ server, tree }, run) {
  const throttles = { total: StreamThrottle.fromLimits({ readSpeedLimit: TREE_LIMIT, writeSpeedLimit: TREE_LIMIT }) }
  const pool = new ClientPool('127.0.0.1', { port: server.address?.port, connections: CONNECTIONS, throttles })
  const tally = new Tally(systemClock)
  const progress = showProgress(tally, TREE_LIMIT, tree.size)
  try {
    /** @param {TransferProgress} progress */
    const onProgress = ({ totalBytes }) => tally.count(totalBytes - tally.bytes)
    const summary = await run(pool, { onProgress, progressInterval: 0 })
    return { summary, tally, elapsed: tally.elapsed }
  } finally {
    progress.stop()
    await pool.close()
  }
}

/** Many small files and some large ones, under names as people give them. @param {string} root */
async function writeTree(root) {
  for (const [i, folder] of ['reports', 'reports/2026 (draft)', 'photos', 'photos/Zürich'].entries()) {
    await mkdir(join(root, folder), { recursive: true })
    const block = randomFillSync(Buffer.alloc(2 * 1024 * 1024))
    for (let n = 0; n < 16; n++)
      await writeFile(join(root, folder, `small ${n}.csv`), block.subarray(n * 777, n * 4096))
    await writeFile(join(root, folder, `large-${i}.bin`), block)
  }
}

/** @param {string} root @returns {Promise<Tree>} */
async function treeOf(root) {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  let size = 0
  for (const path of paths.sort()) {
    const content = await readFile(path)
    size += content.length
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content)
  }
  return { files: paths.length, folders: entries.length - paths.length, size, hash: hash.digest('hex') }
}

/** @param {string} root @param {Context} context */
async function treeVerdict(root, { tree }) {
  const { hash, files } = await treeOf(root)
  if (hash !== tree.hash) throw new Error(`Cannot trust the tree: the SHA-256 of its ${files} files is ${hash}`)
  return green(`SHA-256 of all ${files} files matches`)
}

async function main() {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  const remove = () => rmSync(dir, { recursive: true, force: true })
  const cleanUp = () => {
    try {
      remove()
    } catch {
      // A file that was being opened has appeared meanwhile; there is no second one.
      remove()
    }
  }
  for (const [signal, exitCode] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])) {
    process.once(signal, () => {
      cleanUp()
      if (process.stderr.isTTY) process.stderr.write('\n') // leave the progress line
      process.exit(exitCode)
    })
  }
  // Each step finds what those before it have left.
  const context = /** @type {Context} */ ({ dir })
  try {
    for (const [i, { title, run }] of STEPS.entries()) {
      process.stdout.write(`${i > 0 ? '\n' : ''}${bold(`${i + 1}. ${title}`)}\n`)
      for (const [label, value] of await run(context)) process.stdout.write(`   ${dim(label.padEnd(15))}${value}\n`)
    }
  } finally {
    await context.server?.close({ drain: false })
    cleanUp()
  }
}

await main()
