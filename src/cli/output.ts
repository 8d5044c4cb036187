import { ioFailure } from './failure.ts'

// Without a listener an error would end the process, though whoever writes is told of it, too.
process.stdout.on('error', () => {})

/**
 * Writes to standard output, and waits until the system has taken it.
 *
 * @throws {Failure} With the code `EPIPE` if its reader has gone.
 */
export function writeOut(chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => {
      if (error) reject(ioFailure('write', 'standard output', error))
      else resolve()
    })
  })
}
