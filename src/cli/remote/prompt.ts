import { openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ReadStream } from 'node:tty'
import { Interruption } from '../interruption.ts'

/**
 * Asks the user for a secret on the terminal, which does not show what is typed.
 *
 * @returns Undefined if there is no terminal, or the user gives no answer (Ctrl-D).
 * @throws {Interruption} At Ctrl-C.
 */
export async function askSecret(question: string): Promise<string | undefined> {
  const input = terminal()
  if (!input || !process.stderr.isTTY) return undefined
  process.stderr.write(question)
  // readline echoes by itself, as a terminal in raw mode does not: to nowhere, then.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      reader.once('SIGINT', () => reject(new Interruption('SIGINT')))
      reader.once('close', () => resolve(undefined))
      reader.question('', resolve)
    })
  } finally {
    reader.close()
    if (input !== process.stdin) input.destroy()
    process.stderr.write('\n')
  }
}

/** Standard input, or behind it the terminal itself: standard input may bring the data. */
function terminal(): ReadStream | undefined {
  if (process.stdin.isTTY) return process.stdin
  if (process.platform === 'win32') return undefined
  try {
    return new ReadStream(openSync('/dev/tty', 'r'))
  } catch {
    return undefined // there is none: ENXIO, ENOENT
  }
}
