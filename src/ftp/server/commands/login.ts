import { Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import { sleepUntil } from '../session/wait-for.ts'
import { isSameSecret } from '../users/password.ts'
import type { UserProfile } from '../users/user.ts'
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
    const { settings, backOff } = session.host
    const { signal, address, secure } = session
    await sleepUntil(settings.clock, backOff.readyAt(session.addressKey), signal)
    const user = await authenticate(session, () =>
      settings.users.authenticate({ name, password, address, secure, signal }),
    )
    if (!user) return await refuse(session, name)
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
    await sleepUntil(session.host.settings.clock, session.host.backOff.readyAt(session.addressKey), session.signal)
    if (!isSameSecret(account, user.account ?? '')) return await refuse(session, name)
    return await enter(session, user, name)
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

/** What the owner of the server has to look after is told to them, and the client only that it does not come in. */
async function authenticate(
  session: Session,
  ask: () => UserProfile | undefined | Promise<UserProfile | undefined>,
): Promise<UserProfile | undefined> {
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
  host.backOff.succeeded(session.addressKey)
  session.failedLogins = 0
  session.reply(230, 'Logged in')
  host.emit('login', session)
  return undefined
}

async function refuse(session: Session, name: string): Promise<undefined> {
  const { host } = session
  const { clock, maxLoginAttempts } = host.settings
  session.failedLogins++
  const replyAt = host.backOff.failed(session.addressKey)
  host.emit('login-failed', session, name)
  await sleepUntil(clock, replyAt, session.signal)
  if (session.failedLogins >= maxLoginAttempts) session.close(421, 'Too many wrong logins')
  else session.reply(530, 'Wrong name or password')
  return undefined
}
