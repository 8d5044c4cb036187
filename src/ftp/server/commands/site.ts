import { Refusal } from '../session/refusal.ts'
import type { CommandRow } from './command-row.ts'

export const SITE: CommandRow = {
  verb: 'SITE',
  syntax: 'CHMOD <mode> <path> | HELP',
  source: 'RFC 959 4.1.3',
  summary: 'Changes the mode of a file',
  needsArgument: true,
  async run(session, argument) {
    const [, name = '', rest = ''] = /^(\S+) ?(.*)$/.exec(argument.trim()) ?? []
    switch (name.toUpperCase()) {
      case 'HELP':
        return [214, ['SITE commands', ' CHMOD <mode> <path>', ' HELP', 'End']]
      case 'CHMOD': {
        const [, special, mode, path] = /^([0-7]?)([0-7]{3}) (.+)$/.exec(rest) ?? []
        if (mode === undefined || path === undefined) throw new Refusal(501, 'It must be a mode such as 644 and a path')
        // A program that anybody uploads would run as who runs the server.
        if (special && special !== '0') throw new Refusal(504, 'Only the bits of 777 can be set')
        const target = session.resolve(path)
        session.demand('change', target)
        await session.identity.files.setMode(target, Number.parseInt(mode, 8), { signal: session.signal })
        return [200, 'Changed']
      }
      default:
        throw new Refusal(504, 'There is no such SITE command')
    }
  },
}
