// A process that shares a limit with others. Started by lib/crew.js; a message to it is answered by how it fared.
import { setImmediate } from 'node:timers/promises'
import { sleep } from '../lib/sleep.js'
import { loadContender } from './contenders/index.js'
import { since, Tap } from './lib/tap.js'

/** @import { MemberJob, MemberReport, Stream } from './types.d.ts' */

/** How long it waits after a failure, in ms. */
const PAUSE = 50

/** After so many chunks others get a turn, even if nothing ever waits. */
const BREATH = 256

/** So many connect at the same time. */
const AT_ONCE = 25

/** @type {MemberJob} */
const job = JSON.parse(String(process.argv[2]))
const { contender, url, limit, members, member, seats, streams, chunk, demand, epoch } = job
const tap = new Tap(job.tap, epoch)
/** @type {MemberReport} */
const report = { waits: [], errors: 0, lastError: '' }

process.on('message', () => process.send?.(report))
process.on('disconnect', () => process.exit(0))

/** Lets a chunk pass, in as many parts as it is let. @param {Stream} stream */
async function pass(stream) {
  for (let left = chunk; left > 0; ) {
    try {
      const bytes = await stream.take(left)
      tap.note(bytes)
      left -= bytes
    } catch (error) {
      report.errors++
      report.lastError = error instanceof Error ? error.message : String(error)
      await sleep(PAUSE)
    }
  }
}

/** Chunk after chunk, as fast as it is let. @param {Stream} stream */
async function drawAll(stream) {
  for (let i = 1; ; i++) {
    await pass(stream)
    if (i % BREATH === 0) await setImmediate()
  }
}

/** A chunk whenever one is due. @param {Stream} stream @param {number} demand Bytes per second. */
async function drawSome(stream, demand) {
  const began = since(epoch)
  for (let i = 0; ; i++) {
    const due = began + (i * chunk * 1000) / demand
    const early = due - since(epoch)
    if (early > 0) await sleep(early)
    await pass(stream)
    report.waits.push(Math.max(0, since(epoch) - due)) // timers can be early, too
  }
}

const { open } = await loadContender(contender)
/** @param {number} i */
async function begin(i) {
  const seat = await open({ url, limit, members, member: seats === 1 ? member : `${member}.${i}`, chunk })
  for (let k = 0; k < streams; k++) {
    const stream = seat.stream()
    // What fails is counted; anything else ends the process, as what nobody handles.
    void (demand === undefined ? drawAll(stream) : drawSome(stream, demand / streams / seats))
  }
}

for (let i = 0; i < seats; i += AT_ONCE) {
  const some = Array.from({ length: Math.min(AT_ONCE, seats - i) }, (_, k) => begin(i + k))
  await Promise.all(some)
}
process.send?.(since(epoch))
