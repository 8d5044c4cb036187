import type { Answer } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import type { Action } from '../users/permissions.ts'

/** What the server knows of one command. */
export interface CommandRow {
  readonly verb: string
  /** What follows the verb, for HELP and 501. */
  readonly syntax: string
  /** Where it is defined. */
  readonly source: string
  /** What it does, in a line. */
  readonly summary: string
  /** Whether something must follow the verb. */
  readonly needsArgument?: boolean
  /** Whether it works without a login. @default false */
  readonly isFree?: boolean
  /** Whether it takes the data connection: what REST has said is for it alone. @default false */
  readonly isTransfer?: boolean
  /** Its argument is a path (that of the working directory if there is none), on which this must be allowed. */
  readonly path?: Action
  /** @param path The argument as a path, absolute; what it means is up to {@link CommandRow.path}. */
  run(session: Session, argument: string, path: string): Answer | undefined | Promise<Answer | undefined>
}

/** The same command by another name. */
export function alias(verb: string, row: CommandRow, source = row.source): CommandRow {
  return { ...row, verb, source, summary: `The same as ${row.verb}` }
}
