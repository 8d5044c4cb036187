import { readFile } from 'node:fs/promises'
import { ioFailure } from './failure.ts'

/** The first line of a file, which is where a password stands. @throws {Failure} If it can't be read. */
export async function firstLineOf(path: string): Promise<string> {
  try {
    const [line = ''] = (await readFile(path, 'utf8')).split(/\r?\n/, 1)
    return line
  } catch (error) {
    throw ioFailure('read', JSON.stringify(path), error)
  }
}
