import { maskSecrets } from '../../protocol/command.ts'
import type { QueuedCommand } from '../session/command-queue.ts'
import { failureAnswer, isUnexpected } from '../session/failure-answer.ts'
import { type Answer, Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import type { CommandRow } from './command-row.ts'
import { COMMANDS } from './table.ts'

/** A web page can have a browser send these here, with commands behind them. */
const HTTP = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE'])

/** Commands of RFC 959, 1639, 2228, 2640 and 7151 that are not carried out here, as 502 says to those who know them. */
const ELSEWHERE = new Set(['SMNT', 'ADAT', 'MIC', 'CONF', 'ENC', 'LANG', 'LPRT', 'LPSV', 'HOST'])

/** Carries out one command, and replies to it. Whatever goes wrong, the connection goes on. */
export async function perform(session: Session, command: QueuedCommand): Promise<void> {
  if (command.isTooLong) return session.reply(500, 'The line is too long')
  note(session, command)
  if (HTTP.has(command.verb) && session.user === undefined) return session.close(421, 'This is no web server')
  let answer: Answer | undefined
  try {
    answer = await run(session, command)
  } catch (error) {
    if (isUnexpected(error) && !session.isOver) session.host.emit('error', error, session)
    answer = failureAnswer(error)
  }
  if (answer && !session.isOver) session.answer(answer)
}

async function run(session: Session, { verb, argument }: QueuedCommand): Promise<Answer | undefined> {
  const row = COMMANDS.get(verb)
  if (!row)
    throw ELSEWHERE.has(verb) ? new Refusal(502, 'Not implemented') : new Refusal(500, 'There is no such command')
  if (!row.isFree) session.identity // throws if nobody has logged in
  if (row.needsArgument && argument === '') throw new Refusal(501, `Something is missing: ${row.verb} ${row.syntax}`)
  if (/[\r\0]/.test(argument)) throw new Refusal(501, 'There is CR or NUL in it')
  // RNTO must follow at once (RFC 959 section 4.1.3).
  if (verb !== 'RNTO' && verb !== 'NOOP') session.renameFrom = undefined
  try {
    return await row.run(session, argument, pathOf(session, row, argument))
  } finally {
    // Whether it began or was refused: another file must not begin there.
    if (row.isTransfer) session.data.restart = 0
  }
}

/** @throws {Refusal} If the user may not do that there. */
function pathOf(session: Session, row: CommandRow, argument: string): string {
  if (!row.path) return ''
  const path = session.resolve(argument)
  session.demand(row.path, path)
  return path
}

function note(session: Session, { verb, argument }: QueuedCommand): void {
  const { host } = session
  const line = argument === '' ? verb : `${verb} ${argument}`
  // Also where a space stands before PASS, or a tab behind it: the server does not know such a command, but people type it.
  const shown = maskSecrets(line)
  session.lastCommand = shown
  host.log(`> ${shown}`, session)
  host.emit(
    'command',
    session,
    shown === line ? { verb, argument } : { verb: shown.trim().slice(0, 4), argument: '****' },
  )
}
