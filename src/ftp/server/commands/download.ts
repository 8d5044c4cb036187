import { blocksOf, sendChunks, sendFile } from '../../transfer/send-file.ts'
import { toNetwork } from '../data/line-ends.ts'
import { Refusal } from '../session/refusal.ts'
import { type Prepared, runTransfer } from '../session/run-transfer.ts'
import type { Session } from '../session/session.ts'
import type { CommandRow } from './command-row.ts'

export const RETR: CommandRow = {
  verb: 'RETR',
  syntax: '<path>',
  source: 'RFC 959 4.1.3',
  summary: 'Downloads a file',
  isTransfer: true,
  needsArgument: true,
  path: 'read',
  run(session, argument, path) {
    const restart = session.data.takeRestart()
    const prepare = (signal: AbortSignal) => prepareDownload(session, argument, path, restart, signal)
    return runTransfer(session, { kind: 'download', verb: 'RETR', path, prepare })
  },
}

async function prepareDownload(
  session: Session,
  name: string,
  path: string,
  position: number,
  signal: AbortSignal,
): Promise<Prepared> {
  const { type } = session.data
  if (type === 'A' && position > 0) throw new Refusal(554, 'REST works in TYPE I only')
  const file = await session.identity.files.open(path, 'read', { signal })
  try {
    const size = file.initialSize
    if (position > size) throw new Refusal(554, `The file has ${size} bytes only`)
    const length = size - position
    return {
      announcement: `Opening data connection for ${name} (${length} bytes)`,
      size: type === 'I' ? length : undefined,
      finish: () => file.close(),
      async move(socket, _, options) {
        if (type === 'A') return await sendChunks(toNetwork(blocksOf(file, 0, length)), socket, options)
        const sent = await sendFile(file, socket, { ...options, position, length })
        // A file that has grown meanwhile is sent as it is.
        if (sent < length) throw new Refusal(451, 'Transfer aborted: the file became shorter meanwhile')
        return sent
      },
    }
  } catch (error) {
    await file.close()
    throw error
  }
}
