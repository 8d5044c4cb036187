import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** @import { Job } from '../types.d.ts' */

const child = fileURLToPath(new URL('../child.js', import.meta.url))

/**
 * Runs one job in a process of its own, so that no contestant inherits another's heap, optimised code or timers.
 *
 * @param {Job} job
 * @param {number} timeout Milliseconds after which it counts as failed.
 * @param {string} [program] What does it.
 * @returns {Promise<unknown>} What the measurement returned.
 * @throws {Error} If it threw, died or took too long.
 */
export function runChild(job, timeout, program = child) {
  return new Promise((resolve, reject) => {
    const process = fork(program, [JSON.stringify(job)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--expose-gc', '--no-warnings'],
      serialization: 'advanced', // JSON would lose NaN and Infinity
    })
    let complaint = ''
    process.stderr?.on('data', (text) => {
      complaint = (complaint + text).slice(0, 4000)
    })
    const killer = setTimeout(() => {
      process.kill('SIGKILL')
      reject(new Error(`no result after ${timeout / 1000} s`))
    }, timeout)
    process.once('message', (/** @type {{ value?: unknown, error?: string }} */ message) => {
      clearTimeout(killer)
      if (message.error === undefined) resolve(message.value)
      else reject(new Error(message.error))
    })
    process.once('error', reject)
    process.once('close', (code, signal) => {
      clearTimeout(killer)
      const reason = complaint.match(/^\w*Error.*?(?:\('(.*)'\))?$/m)
      reject(new Error(reason?.[1] ?? reason?.[0] ?? `died: ${signal ?? `exit code ${code}`}`))
    })
  })
}
