import { readdirSync, readFileSync } from 'node:fs'

/** Bytes of RSS of this process, after a collection. */
export function ownMemory() {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  return process.memoryUsage.rss()
}

/**
 * Bytes that a process and its descendants have between them: what several share is counted once (PSS).
 *
 * @param {number} root
 */
export function memoryOfTree(root) {
  /** @type {Map<number, number[]>} */
  const children = new Map()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  let sum = 0
  const queue = [root]
  for (const pid of queue) {
    sum += pss(pid)
    queue.push(...(children.get(pid) ?? []))
  }
  return sum
}

/** @param {string} pid */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined // it has just ended
  }
}

/** @param {number} pid */
function pss(pid) {
  try {
    const line = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s*(\d+) kB$/m)
    return Number(line?.[1] ?? 0) * 1024
  } catch {
    return 0 // it has just ended
  }
}
