import { Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import { isSameSecret } from '../users/password.ts'
import type { UserProfile } from '../users/user.ts'
import { sleepUntil } from '../wait-for.ts'
import type { CommandRow } from './command-row.ts'

export const USER: CommandRow = {
  verb: 'USER',
  syntax: '<name>',
  source: 'RFC 959 4.1.1',
  summary: 'Says who logs in',
  needsArgument: true,
  isFree: true,
  run(session, argument) {
    if (session.host.settings.controlNeedsTls && !session.secure) {
      throw new Refusal(530, 'Logging in takes TLS: use AUTH TLS first')
    }
    session.logOut()
    session.loginName = argument
    // The same for all: whether there is such a user is nobody's business.
    return [331, 'Give the password by PASS']
  },
}

export const PASS: CommandRow = {
  verb: 'PASS',
  syntax: '<password>',
  source: 'RFC 959 4.1.1',
  summary: 'Gives the password',
  isFree: true,
  async run(session, password) {
    const name = session.loginName
    if (name === undefined) throw new Refusal(503, 'Say who you are by USER first')
    session.loginName = undefined
    const { users } = session.host.settings
    const { signal, address, secure } = session
    const user = await checked(session, name, () => users.authenticate({ name, password, address, secure, signal }))
    if (!user) return undefined
    if (user.account === undefined) return await enter(session, user, name)
    session.loginName = name
    session.loginUser = user
    return [332, 'Give the account by ACCT']
  },
}

export const ACCT: CommandRow = {
  verb: 'ACCT',
  syntax: '<account>',
  source: 'RFC 959 4.1.1',
  summary: 'Gives the account, for users that have one',
  isFree: true,
  async run(session, account) {
    const { loginUser: user, loginName: name = '' } = session
    if (!user) return session.user === undefined ? [503, 'Give the password by PASS first'] : [202, 'Not needed']
    session.loginUser = undefined
    session.loginName = undefined
    const isRight = await checked(session, name, () => isSameSecret(account, user.account ?? '') || undefined)
    return isRight && (await enter(session, user, name))
  },
}

export const REIN: CommandRow = {
  verb: 'REIN',
  syntax: '',
  source: 'RFC 959 4.1.1',
  summary: 'Logs out, and stays connected',
  isFree: true,
  run(session) {
    session.logOut()
    session.resetData()
    return [220, session.host.settings.banner]
  },
}

export const QUIT: CommandRow = {
  verb: 'QUIT',
  syntax: '',
  source: 'RFC 959 4.1.1',
  summary: 'Closes the connection, after a transfer that is running',
  isFree: true,
  run(session) {
    session.close(221, 'Goodbye')
    return undefined
  },
}

/**
 * Looks at what a client has given when it is its turn, and replies if that is wrong.
 *
 * @returns What `look` finds; undefined if it is wrong.
 */
async function checked<T>(
  session: Session,
  name: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  const { host, addressKey, signal } = session
  const { clock } = host.settings
  let replyAt = 0
  const found = await host.backOff.look(addressKey, signal, async () => {
    const since = clock.now()
    const found = await orNothing(session, look)
    if (found === undefined) replyAt = host.backOff.failed(addressKey, { name, since })
    return found
  })
  if (found === undefined) await refuse(session, name, replyAt)
  return found
}

/** What the owner of the server has to look after is told to them, and the client only that it does not come in. */
async function orNothing<T>(session: Session, ask: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (!session.signal.aborted) session.host.emit('error', error, session)
    return undefined
  }
}

async function enter(session: Session, user: UserProfile, name: string): Promise<undefined> {
  const { host } = session
  session.logIn(user)
  try {
    const { identity, cwd } = session
    const home = await identity.files.stat(cwd, { signal: session.signal })
    if (home.type !== 'directory') throw new Error(`Cannot log ${JSON.stringify(name)} in: ${cwd} is no directory`)
  } catch (error) {
    session.logOut()
    if (session.signal.aborted) return undefined
    host.emit('error', error, session)
    throw new Refusal(530, 'Your directory is not there')
  }
  host.backOff.succeeded(session.addressKey, name)
  session.reply(230, 'Logged in')
  host.emit('login', session)
  return undefined
}

async function refuse(session: Session, name: string, replyAt: number): Promise<void> {
  const { clock, maxLoginAttempts } = session.host.settings
  session.failedLogins++
  session.host.emit('login-failed', session, name)
  await sleepUntil(clock, replyAt, session.signal)
  if (session.failedLogins >= maxLoginAttempts) session.close(421, 'Too many wrong logins')
  else session.reply(530, 'Wrong name or password')
}
