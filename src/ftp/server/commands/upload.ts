import { randomBytes } from 'node:crypto'
import type { FileSystem, OpenFile } from '../../files/file-system.ts'
import { baseName, joinPath } from '../../protocol/path.ts'
import { intoFile, receive } from '../../transfer/receive-file.ts'
import { FromNetwork } from '../data/line-ends.ts'
import { type Answer, Refusal } from '../session/refusal.ts'
import { type Prepared, runTransfer } from '../session/run-transfer.ts'
import type { Session } from '../session/session.ts'
import type { CommandRow } from './command-row.ts'

export const STOR: CommandRow = {
  verb: 'STOR',
  syntax: '<path>',
  source: 'RFC 959 4.1.3, RFC 3659 5',
  summary: 'Uploads a file; after REST from there on',
  isTransfer: true,
  needsArgument: true,
  path: 'write',
  run(session, _, path) {
    const position = session.data.takeRestart()
    return upload(session, 'STOR', path, (signal) => openToWrite(session, path, position, signal))
  },
}

export const APPE: CommandRow = {
  verb: 'APPE',
  syntax: '<path>',
  source: 'RFC 959 4.1.3',
  summary: 'Uploads to the end of a file',
  isTransfer: true,
  needsArgument: true,
  path: 'append',
  run(session, _, path) {
    session.data.takeRestart() // the end is where it begins
    return upload(session, 'APPE', path, async (signal) => {
      return { file: await session.identity.files.open(path, 'append', { signal }), position: 0, path }
    })
  },
}

export const STOU: CommandRow = {
  verb: 'STOU',
  syntax: '[<path>]',
  source: 'RFC 959 4.1.3, RFC 1123 4.1.2.9',
  summary: 'Uploads a file under a name that no other one has',
  isTransfer: true,
  run(session, argument) {
    if (session.data.takeRestart() > 0) throw new Refusal(554, 'STOU cannot go on where another one ended')
    const base = argument === '' ? joinPath(session.cwd, 'file') : session.resolve(argument)
    session.demand('write', base)
    return upload(session, 'STOU', base, (signal) => openUnique(session, base, argument !== '', signal))
  },
}

interface Upload {
  readonly file: OpenFile
  readonly position: number
  readonly path: string
}

function upload(
  session: Session,
  verb: string,
  path: string,
  open: (signal: AbortSignal) => Promise<Upload>,
): Promise<Answer> {
  const isUnique = verb === 'STOU'
  // At the end the client may have gone, and with it who it was.
  const { files } = session.identity
  return runTransfer(session, {
    kind: 'upload',
    verb,
    path,
    async prepare(signal): Promise<Prepared> {
      const opened = await open(signal)
      const { file, position } = opened
      const take = intoFile(file, position)
      const text = session.data.type === 'A' ? new FromNetwork(take) : undefined
      return {
        path: opened.path,
        // RFC 1123 section 4.1.2.9 has this form for STOU.
        announcement: isUnique ? `FILE: ${baseName(opened.path)}` : `Opening data connection for ${baseName(path)}`,
        conclusion: isUnique ? `Transfer complete, FILE: ${baseName(opened.path)}` : undefined,
        async move(_, intake, options) {
          if (!intake) return
          await receive(intake, text?.take ?? take, options)
          await text?.end()
        },
        async finish(error) {
          try {
            await file.close()
          } finally {
            if (error !== undefined && !session.host.settings.keepsPartialUploads) await discard(files, opened)
          }
        },
      }
    },
  })
}

/** An upload was cut short. What was there before has been overwritten in part, so nothing is left to save. */
async function discard(files: FileSystem, { file, path }: Upload): Promise<void> {
  if (file.isNew) await files.removeFile(path)
}

/**
 * What is behind the place where the upload begins is cut off at once, so that an upload that is cut short never looks as if the
 * old end were the new one.
 */
async function openToWrite(session: Session, path: string, position: number, signal: AbortSignal): Promise<Upload> {
  if (position > 0 && session.data.type === 'A') throw new Refusal(554, 'REST works in TYPE I only')
  const { files } = session.identity
  if (position === 0) return { file: await files.open(path, 'replace', { signal }), position, path }
  const { size, type } = await files.stat(path, { signal })
  if (type === 'file' && position > size) throw new Refusal(554, `The file has ${size} bytes only`)
  const file = await files.open(path, 'write', { signal })
  try {
    await file.truncate(position)
  } catch (error) {
    await file.close()
    throw error
  }
  return { file, position, path }
}

/** How many names are tried: by chance none is taken twice, so more would only help against somebody who knows them. */
const TRIES = 10

async function openUnique(session: Session, base: string, isNamed: boolean, signal: AbortSignal): Promise<Upload> {
  const { files } = session.identity
  for (let i = 0; i < TRIES; i++) {
    const path = isNamed && i === 0 ? base : `${base}.${randomBytes(6).toString('hex')}`
    session.demand('write', path) // a rule can be for the first name alone
    try {
      return { file: await files.open(path, 'create-new', { signal }), position: 0, path }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  throw new Refusal(450, 'No name was free')
}
