import { Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import { selectHash } from './checksum.ts'
import type { CommandRow } from './command-row.ts'
import { selectFacts } from './facts.ts'

export const TYPE: CommandRow = {
  verb: 'TYPE',
  syntax: 'I | A [N] | L 8',
  source: 'RFC 959 4.1.2',
  summary: 'I moves bytes as they are, A turns line ends into CRLF and back',
  needsArgument: true,
  run(session, argument) {
    const type = argument.trim().toUpperCase().replace(/\s+/g, ' ')
    if (type === 'I' || type === 'L 8') session.data.type = 'I'
    else if (type === 'A' || type === 'A N') session.data.type = 'A'
    else throw new Refusal(504, 'Only the types I, A, A N and L 8 are known')
    return [200, `Type is ${session.data.type}`]
  },
}

export const STRU: CommandRow = {
  verb: 'STRU',
  syntax: 'F',
  source: 'RFC 959 4.1.2',
  summary: 'Files are without structure',
  needsArgument: true,
  run: (_, argument) => only('F', argument, 'Structure is F'),
}

export const MODE: CommandRow = {
  verb: 'MODE',
  syntax: 'S',
  source: 'RFC 959 4.1.2',
  summary: 'Transfers are streams',
  needsArgument: true,
  run: (_, argument) => only('S', argument, 'Mode is S'),
}

export const REST: CommandRow = {
  verb: 'REST',
  syntax: '<bytes>',
  source: 'RFC 3659 5',
  summary: 'Where the next RETR or STOR begins',
  needsArgument: true,
  run(session, argument) {
    const position = /^\d{1,16}$/.test(argument.trim()) ? Number(argument) : Number.NaN
    if (!Number.isSafeInteger(position)) throw new Refusal(501, 'It must be a number of bytes')
    session.data.restart = position
    return [350, `The next transfer begins at ${position}`]
  },
}

export const ALLO: CommandRow = {
  verb: 'ALLO',
  syntax: '<bytes>',
  source: 'RFC 959 4.1.3',
  summary: 'Does nothing: room is taken when it is needed',
  needsArgument: true,
  run: () => [202, 'Not needed'],
}

export const OPTS: CommandRow = {
  verb: 'OPTS',
  syntax: 'UTF8 ON | MLST <facts> | HASH <algorithm>',
  source: 'RFC 2389 4, RFC 3659 7.9',
  summary: 'Chooses how other commands work',
  needsArgument: true,
  isFree: true,
  run(session, argument) {
    const [, name = '', value = ''] = /^(\S+) ?(.*)$/.exec(argument.trim()) ?? []
    switch (name.toUpperCase()) {
      case 'UTF8':
      case 'UTF-8':
        return utf8(session, value)
      case 'MLST':
        return [200, selectFacts(session, value)]
      case 'HASH':
        return [200, selectHash(session, value)]
      default:
        throw new Refusal(501, 'There is no such option')
    }
  },
}

function utf8(session: Session, value: string): [number, string] {
  const isOn = /^(on|)$/i.test(value.trim())
  if (isOn && session.host.settings.isUtf8) return [200, 'UTF-8 is always on']
  throw new Refusal(504, session.host.settings.isUtf8 ? 'UTF-8 is always on' : 'There is no UTF-8 here')
}

function only(value: string, argument: string, text: string): [number, string] {
  if (argument.trim().toUpperCase() === value) return [200, text]
  throw new Refusal(504, `Only ${value} is known`)
}
