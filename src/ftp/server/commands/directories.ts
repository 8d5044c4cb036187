import { formatQuotedPath, parentPath } from '../../protocol/path.ts'
import { type Answer, Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import { alias, type CommandRow } from './command-row.ts'
import { refuseRoot } from './refuse-root.ts'

export const CWD: CommandRow = {
  verb: 'CWD',
  syntax: '<path>',
  source: 'RFC 959 4.1.1',
  summary: 'Changes the working directory',
  needsArgument: true,
  path: 'list',
  run: (session, _, path) => enter(session, path),
}

export const CDUP: CommandRow = {
  verb: 'CDUP',
  syntax: '',
  source: 'RFC 959 4.1.1',
  summary: 'Changes to the directory above',
  run(session) {
    const path = parentPath(session.cwd)
    session.demand('list', path)
    return enter(session, path)
  },
}

export const PWD: CommandRow = {
  verb: 'PWD',
  syntax: '',
  source: 'RFC 959 4.1.3',
  summary: 'Tells the working directory',
  run: (session) => [257, `${formatQuotedPath(session.cwd)} is the working directory`],
}

export const MKD: CommandRow = {
  verb: 'MKD',
  syntax: '<path>',
  source: 'RFC 959 4.1.3',
  summary: 'Makes a directory',
  needsArgument: true,
  path: 'make',
  async run(session, _, path) {
    await session.identity.files.makeDirectory(path, { signal: session.signal })
    return [257, `${formatQuotedPath(path)} created`]
  },
}

export const RMD: CommandRow = {
  verb: 'RMD',
  syntax: '<path>',
  source: 'RFC 959 4.1.3',
  summary: 'Removes an empty directory',
  needsArgument: true,
  path: 'delete',
  async run(session, _, path) {
    refuseRoot(path)
    await session.identity.files.removeDirectory(path, { signal: session.signal })
    return [250, 'Removed']
  },
}

export const XCWD = alias('XCWD', CWD, 'RFC 775')
export const XCUP = alias('XCUP', CDUP, 'RFC 775')
export const XPWD = alias('XPWD', PWD, 'RFC 775')
export const XMKD = alias('XMKD', MKD, 'RFC 775')
export const XRMD = alias('XRMD', RMD, 'RFC 775')

async function enter(session: Session, path: string): Promise<Answer> {
  const { type } = await session.identity.files.stat(path, { signal: session.signal })
  if (type !== 'directory') throw new Refusal(550, 'Not a directory')
  session.cwd = path
  return [250, 'Changed']
}
