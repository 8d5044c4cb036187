import { TimeoutError } from '../../../errors.ts'

/** Says of a timeout what it was of, where that is not known yet. Whatever else comes is given back as it is. */
export function nameTimeout(error: unknown, host: string, command?: string): unknown {
  if (!(error instanceof TimeoutError)) return error
  if (error.host !== undefined && (error.command !== undefined || command === undefined)) return error
  return new TimeoutError(error.phase, error.timeout, { host, command: error.command ?? command })
}
