import { formatTimeVal, parseTimeVal } from '../../protocol/time-val.ts'
import { Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import type { CommandRow } from './command-row.ts'
import { isThere } from './is-there.ts'
import { refuseRoot } from './refuse-root.ts'

export const DELE: CommandRow = {
  verb: 'DELE',
  syntax: '<path>',
  source: 'RFC 959 4.1.3',
  summary: 'Removes a file',
  needsArgument: true,
  path: 'delete',
  async run(session, _, path) {
    refuseRoot(path)
    await session.identity.files.removeFile(path, { signal: session.signal })
    return [250, 'Removed']
  },
}

export const RNFR: CommandRow = {
  verb: 'RNFR',
  syntax: '<path>',
  source: 'RFC 959 4.1.3',
  summary: 'What the RNTO that follows renames',
  needsArgument: true,
  path: 'rename',
  async run(session, _, path) {
    const { files, permissions } = session.identity
    if (!permissions.allowsTree('rename', path)) throw new Refusal(550, 'Permission denied')
    refuseRoot(path)
    await files.stat(path, { signal: session.signal, follow: false })
    session.renameFrom = path
    return [350, 'Say the new name by RNTO']
  },
}

export const RNTO: CommandRow = {
  verb: 'RNTO',
  syntax: '<path>',
  source: 'RFC 959 4.1.3',
  summary: 'Renames, and replaces a file of that name',
  needsArgument: true,
  path: 'rename',
  async run(session, _, path) {
    const from = session.takeRenameFrom()
    if (from === undefined) throw new Refusal(503, 'Say what by RNFR first')
    refuseRoot(path)
    const { signal } = session
    const { files, permissions } = session.identity
    if (!permissions.allowsTree('rename', path)) throw new Refusal(550, 'Permission denied')
    // Who may neither write nor delete must not do so by renaming.
    const mayReplace = from === path || session.allows('write', path) || session.allows('delete', path)
    if (!mayReplace && (await isThere(files, path, { signal, follow: false })))
      throw new Refusal(550, 'Permission denied')
    await files.rename(from, path, { signal })
    return [250, 'Renamed']
  },
}

export const SIZE: CommandRow = {
  verb: 'SIZE',
  syntax: '<path>',
  source: 'RFC 3659 4',
  summary: 'Tells how many bytes a file has, in TYPE I',
  needsArgument: true,
  path: 'list',
  async run(session, _, path) {
    // In TYPE A it would be how many there are once line ends are turned into CRLF; that takes reading the file.
    if (session.data.type === 'A') throw new Refusal(550, 'SIZE works in TYPE I only')
    const { size } = await statFile(session, path)
    return [213, `${size}`]
  },
}

export const MDTM: CommandRow = {
  verb: 'MDTM',
  syntax: '<path>',
  source: 'RFC 3659 3',
  summary: 'Tells when a file was changed; with a time before the path, sets that',
  needsArgument: true,
  async run(session, argument) {
    const { time, path } = timeAndPath(session, argument)
    const { signal } = session
    const { files } = session.identity
    const target = session.resolve(argument)
    // Many clients set the time so, and a file may be named so; but only who may list may know.
    const isName = async () => session.allows('list', target) && (await isThere(files, target, { signal }))
    if (time && !(await isName())) {
      await setModified(session, path, time)
      return [213, formatTimeVal(time)]
    }
    session.demand('list', target)
    const { modified } = await files.stat(target, { signal })
    return [213, formatTimeVal(modified)]
  },
}

export const MFMT: CommandRow = {
  verb: 'MFMT',
  syntax: '<YYYYMMDDhhmmss> <path>',
  source: 'draft-somers-ftp-mfxx 3',
  summary: 'Sets when a file was changed',
  needsArgument: true,
  async run(session, argument) {
    const { time, path, name } = timeAndPath(session, argument)
    if (!time || name === '') throw new Refusal(501, 'It must be a time such as 20240229123456 and a path')
    await setModified(session, path, time)
    return [213, `Modify=${formatTimeVal(time)}; ${name}`]
  },
}

async function setModified(session: Session, path: string, time: Date): Promise<void> {
  session.demand('change', path)
  await session.identity.files.setModified(path, time, { signal: session.signal })
}

function timeAndPath(session: Session, argument: string): { time: Date | undefined; path: string; name: string } {
  const space = argument.indexOf(' ')
  const time = space > 0 ? parseTimeVal(argument.slice(0, space)) : undefined
  const name = argument.slice(space + 1)
  return { time, path: session.resolve(name), name }
}

async function statFile(session: Session, path: string) {
  const stat = await session.identity.files.stat(path, { signal: session.signal })
  if (stat.type !== 'file') throw new Refusal(550, 'Not a file')
  return stat
}
