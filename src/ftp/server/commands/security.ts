import { Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import type { CommandRow } from './command-row.ts'

const MECHANISMS = ['TLS', 'TLS-C', 'TLS-P', 'SSL']

export const AUTH: CommandRow = {
  verb: 'AUTH',
  syntax: 'TLS',
  source: 'RFC 2228 3, RFC 4217 4',
  summary: 'Goes over to TLS',
  needsArgument: true,
  isFree: true,
  async run(session, argument) {
    const { tls } = session.host
    if (!tls) throw new Refusal(502, 'There is no TLS here')
    if (session.secure) throw new Refusal(503, 'There is TLS already')
    const mechanism = argument.trim().toUpperCase()
    if (!MECHANISMS.includes(mechanism)) throw new Refusal(504, 'Only TLS is known')
    session.reply(234, 'Begin the TLS handshake')
    await secure(session)
    // draft-murray-auth-ftp-ssl: these two encrypt data connections too.
    if (session.secure && (mechanism === 'SSL' || mechanism === 'TLS-P')) session.data.protection = 'P'
    return undefined
  },
}

/** Who was there in the clear is forgotten, with all that was said. */
async function secure(session: Session): Promise<void> {
  const { tls, settings } = session.host
  const { clock, handshakeTimeout } = settings
  const socket = session.control.release()
  session.forgetCommands()
  session.logOut()
  session.resetData()
  try {
    const secured = await tls?.secure(socket, { clock, signal: session.signal, timeout: handshakeTimeout })
    if (!secured) return
    session.secure = true
    session.control.adopt(secured)
  } catch (error) {
    session.control.lost(error instanceof Error ? error : undefined)
  }
}

export const PBSZ: CommandRow = {
  verb: 'PBSZ',
  syntax: '0',
  source: 'RFC 2228 3, RFC 4217 8',
  summary: 'Comes before PROT; TLS has no use for it',
  needsArgument: true,
  isFree: true,
  run(session) {
    if (!session.secure) throw new Refusal(503, 'Use AUTH TLS first')
    session.data.hasBufferSize = true
    return [200, 'PBSZ=0']
  },
}

export const PROT: CommandRow = {
  verb: 'PROT',
  syntax: 'P | C',
  source: 'RFC 2228 3, RFC 4217 9',
  summary: 'Encrypts data connections, or not',
  needsArgument: true,
  isFree: true,
  run(session, argument) {
    if (!session.secure) throw new Refusal(503, 'Use AUTH TLS first')
    if (!session.data.hasBufferSize) throw new Refusal(503, 'Use PBSZ first')
    const level = argument.trim().toUpperCase()
    if (level === 'S' || level === 'E') throw new Refusal(536, 'TLS has only the levels P and C')
    if (level !== 'P' && level !== 'C') throw new Refusal(504, 'There is no such level')
    if (level === 'C' && session.host.settings.dataNeedsTls)
      throw new Refusal(534, 'Data connections must be encrypted')
    session.data.protection = level
    return [200, level === 'P' ? 'Data connections are encrypted' : 'Data connections are in the clear']
  },
}

export const CCC: CommandRow = {
  verb: 'CCC',
  syntax: '',
  source: 'RFC 2228 3, RFC 4217 6',
  summary: 'Refused: would go back to the clear',
  isFree: true,
  run: () => [534, 'The control connection stays encrypted'],
}
