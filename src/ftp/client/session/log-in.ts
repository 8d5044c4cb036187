import { ReplyError } from '../../errors.ts'
import { parseFeatures } from '../../protocol/features.ts'
import type { ClientSettings } from '../client-options.ts'
import { Session } from './session.ts'

/** What several who connect to one server at the same time have to do with each other. */
export interface LoginHooks {
  /** Called when the server is ready for the user and the password, and waited for. */
  readonly mayLogIn: () => Promise<void>
  /** Called when it has taken them. */
  readonly letIn: () => void
}

/**
 * Connects, goes over to TLS if asked for, and logs in: greeting, AUTH TLS, USER, PASS, ACCT, FEAT, OPTS, TYPE, PBSZ, PROT.
 *
 * @throws {ReplyError} If the server refuses one that is needed; {@link TimeoutError}, the error of the socket, or the signal's reason. No connection
 * is left behind.
 */
export async function openSession(
  settings: ClientSettings,
  signal: AbortSignal | undefined,
  hooks?: LoginHooks,
): Promise<Session> {
  const session = await Session.open(settings, signal)
  try {
    await greeting(session, signal)
    if (settings.tls === 'explicit') {
      await session.command('AUTH', 'TLS', { signal })
      await session.secure(signal)
    }
    await hooks?.mayLogIn()
    await logIn(session, signal)
    hooks?.letIn()
    await agree(session, signal)
    return session
  } catch (error) {
    session.control.destroy()
    throw error
  }
}

/** Some servers ask for patience first (120). */
async function greeting(session: Session, signal: AbortSignal | undefined): Promise<void> {
  const exchange = session.control.expectGreeting()
  const { greeting: timeout } = session.settings.timeouts
  const reply = await session.control.finalReply(exchange, { phase: 'greeting', timeout, signal })
  if (reply.code !== 220) throw new ReplyError('', reply)
  session.greeting = reply.lines
}

/** RFC 959 section 6: each answer tells what is asked for next. */
async function logIn(session: Session, signal: AbortSignal | undefined): Promise<void> {
  const { user, password, account } = session.settings
  const expectedCodes = ['2xx', '331', '332']
  let reply = await session.command('USER', user, { expectedCodes, signal })
  if (reply.code === 331) reply = await session.command('PASS', password, { expectedCodes: ['2xx', '332'], signal })
  if (reply.code !== 332) return
  if (account === undefined) throw new ReplyError('log in without an account', reply)
  await session.command('ACCT', account, { signal })
}

/** What holds for all transfers is agreed once. One command after the other: some small servers lose what comes along with another. */
async function agree(session: Session, signal: AbortSignal | undefined): Promise<void> {
  const options = { expectedCodes: ['2xx', '4xx', '5xx'], signal }
  const features = await session.command('FEAT', undefined, options)
  if (features.code === 211) session.features = parseFeatures(features.lines)
  // It is the default where FEAT names it (RFC 2640 section 3.2), but some want to be told. What they answer changes nothing.
  if (session.features.has('UTF8')) await session.command('OPTS', 'UTF8 ON', options)
  if (session.isSecure) {
    // RFC 4217 sections 8 and 9: PBSZ has to come before PROT. Some servers refuse it and take PROT all the same.
    await session.command('PBSZ', '0', options)
    await session.command('PROT', 'P', { signal })
  }
  await session.command('TYPE', 'I', { signal })
  session.type = 'I'
}
