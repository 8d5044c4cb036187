/**
 * @import { Act, Facts } from './acts.js'
 * @import { Played } from './act-figures.js'
 * @import { Stage } from './stage.js'
 */

/**
 * Plays the acts, one after the other.
 *
 * @param {Stage} stage
 * @param {readonly Act[]} acts
 * @param {(title: string) => void} announce
 * @returns {Promise<{ played: Played[], facts: Facts }>}
 */
export async function play(stage, acts, announce) {
  /** @type {Facts} */
  const facts = { calls: [] }
  /** @type {Played[]} */
  const played = []
  for (const [i, { name, short, title, kind, settle, lasts, begin }] of acts.entries()) {
    const began = stage.now
    announce(`${i + 1}. ${title}`)
    await begin(stage, facts)
    // Killing, and the end of Redis, are felt at once; who starts has to get up first.
    const from = kind === 'fault' ? began : stage.now
    const fair = stage.fair()
    await stage.pass(lasts)
    played.push({ name, short, title, kind, began, from, settled: from + settle, to: stage.now, fair })
  }
  return { played, facts }
}
