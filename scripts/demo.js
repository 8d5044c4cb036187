/**
 * `npm run demo`: a server and a client in this process, a real file between them over TCP, and what the limit did to it.
 * Progress goes to stderr if that is a terminal, everything else to stdout.
 */
import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pc from 'picocolors'
import { Tally } from '../dist/cli/pipe/tally.js'
import { startProgress } from '../dist/cli/progress/start-progress.js'
import { hasColors } from '../dist/cli/progress/terminal.js'
import { formatDuration, formatRate, formatSize, parseRate, parseSize, systemClock, throttle } from '../dist/index.js'

const SIZE = parseSize('32MiB')
const LIMIT = parseRate('8MiB/s')

/**
 * @typedef {object} Context What the steps leave for those after them.
 * @property {string} dir A folder of the demo's own.
 * @property {string} [file] The file that is moved.
 * @property {string} [hash] Its SHA-256.
 * @property {number} [unlimited] Bytes per second that the machine gives without a limit.
 *
 * @typedef {readonly [label: string, value: string]} Row
 * @typedef {{ title: string, run: (context: Context) => Promise<Row[]> }} Step
 */

/** @type {Step[]} */
const STEPS = [
  { title: 'A file of random bytes', run: makeFile },
  { title: 'Over TCP, without a limit', run: moveUnlimited },
  { title: `Over TCP, at ${formatRate(LIMIT, { exact: true })}`, run: moveLimited },
]

const { bold, dim, green } = pc.createColors(hasColors(process.stdout))

/** @param {Context} context */
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

/** @param {Context} context */
async function moveUnlimited(context) {
  const { elapsed, hash } = await move(context, null)
  context.unlimited = (SIZE * 1000) / elapsed
  return [
    ['hash', verdict(hash, context)],
    ['took', formatDuration(elapsed)],
    ['mean', formatRate(context.unlimited)],
  ]
}

/** @param {Context} context */
async function moveLimited(context) {
  const { tally, elapsed, hash } = await move(context, LIMIT)
  const mean = (SIZE * 1000) / elapsed
  return [
    ['hash', verdict(hash, context)],
    ['took', formatDuration(elapsed)],
    ['limit', formatRate(LIMIT)],
    ['mean', `${formatRate(mean)}   ${ofLimit(mean)}`],
    ['worst 100 ms', `${formatRate(tally.worst)}   ${ofLimit(tally.worst)}`],
    ['without limit', `${formatRate(context.unlimited)}   ${ofLimit(context.unlimited)}`],
  ]
}

const ofLimit = (rate) => dim(`${(rate / LIMIT).toFixed(rate > 10 * LIMIT ? 1 : 4)} of the limit`)

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
  await new Promise((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening)
  })
  const tally = new Tally(systemClock)
  const progress = startProgress({ progress: false, quiet: limit === null, json: false }, false, systemClock, () => ({
    bytes: tally.bytes,
    elapsed: tally.elapsed,
    rate: tally.rate(1000),
    pace: tally.rate(10_000),
    limit,
    size: SIZE,
    waitsFor: undefined,
  }))
  try {
    let elapsed = 0
    await pipeline(
      connect(server.address().port, '127.0.0.1'),
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
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => {
      cleanUp()
      if (process.stderr.isTTY) process.stderr.write('\n') // leave the progress line
      process.exit(exitCode)
    })
  }
  try {
    const context = { dir }
    for (const [i, { title, run }] of STEPS.entries()) {
      process.stdout.write(`${i > 0 ? '\n' : ''}${bold(`${i + 1}. ${title}`)}\n`)
      for (const [label, value] of await run(context)) process.stdout.write(`   ${dim(label.padEnd(15))}${value}\n`)
    }
  } finally {
    cleanUp()
  }
}

await main()
