import { inspect } from 'node:util'

// When nobody reads stderr any more there is nobody left to tell, and the transfer itself is not concerned.
process.stderr.on('error', () => {})

/** Writes one line to stderr under the name of the program; with `SLUICE_DEBUG` set, the error behind it and its causes too. */
export function tell(line: string, error?: unknown): void {
  process.stderr.write(`sluice: ${line}\n`)
  if (error !== undefined && process.env.SLUICE_DEBUG) process.stderr.write(`${inspect(error)}\n`)
}
