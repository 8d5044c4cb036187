import { readFile } from 'node:fs/promises'
import { ioFailure, UsageError } from './failure.ts'

/** Bytes. No password is longer. */
const LONGEST = 65_536

/** Standard input can be read once; each connection needs the password. */
let ofInput: Promise<string> | undefined

/**
 * The first line of a file, which is where a password stands.
 *
 * @param path `-` is standard input.
 * @throws {Failure} If it can't be read.
 */
export async function firstLineOf(path: string): Promise<string> {
  const isInput = path === '-'
  try {
    if (isInput) ofInput ??= readInput()
    const text = await (isInput ? ofInput : readFile(path, 'utf8'))
    return text?.split(/\r?\n/, 1)[0] ?? ''
  } catch (error) {
    throw ioFailure('read', isInput ? 'standard input' : JSON.stringify(path), error)
  }
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    const bytes = chunk as Buffer
    chunks.push(bytes)
    length += bytes.length
    // Whoever sends may keep the pipe open.
    if (bytes.includes(0x0a) || length > LONGEST) break
  }
  return Buffer.concat(chunks).toString()
}

/**
 * Standard input is of one of those only who could read it.
 *
 * @param wants What would read it, with the path that it was given.
 * @throws {UsageError} If there are two.
 */
export function checkStandardInput(wants: Readonly<Record<string, unknown>>): void {
  const [one, other] = Object.keys(wants).filter((name) => wants[name] === '-')
  if (other !== undefined) throw new UsageError(`Cannot read both ${one} and ${other} from standard input`)
}
