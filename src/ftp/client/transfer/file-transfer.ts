import type { WaitOptions } from '../../../streams/io/stream-io.ts'
import { ReplyError } from '../../errors.ts'
import { lastModified, sizeIfTold } from '../operations/files.ts'
import type { Session } from '../session/session.ts'
import type { JobProgress } from './progress.ts'
import type { TransferSettings } from './transfer-settings.ts'
import type { KnownFile } from './transfer-types.ts'

/** How one of the files of a transfer is moved. */
export interface FileTransferOptions extends WaitOptions {
  readonly settings: TransferSettings
  /** Is told how far the file is. */
  readonly progress?: JobProgress | undefined
  /** What a listing says of the file on the server. It is not asked for again. */
  readonly known?: KnownFile | undefined
  /** Whether the local file is got ready while others have the connection. So many are then open as call at a time. @default false */
  readonly ahead?: boolean | undefined
  /** Whether nothing is there yet under the name of the local file. @default that is looked at */
  readonly isNew?: boolean | undefined
}

/**
 * What has to be known of a file on the server before it is downloaded.
 *
 * @param failed How many attempts have failed before: what was known then may not hold any more.
 */
export function lookUp(
  session: Session,
  path: string,
  { settings, progress, known = {} }: FileTransferOptions,
  failed: number,
  signal: AbortSignal,
): KnownFile | Promise<KnownFile> {
  const { resume, retry, preserveTimes } = settings
  const mayGoOn = resume || retry.attempts > 0
  const lacksSize = failed > 0 || (known.size === undefined && (mayGoOn || progress !== undefined))
  const lacksTime = known.modified === undefined && (mayGoOn || preserveTimes)
  if (!lacksSize && !lacksTime) return known
  return ask(session, path, { known, lacksSize, lacksTime }, signal)
}

async function ask(
  session: Session,
  path: string,
  {
    known,
    lacksSize,
    lacksTime,
  }: { readonly known: KnownFile; readonly lacksSize: boolean; readonly lacksTime: boolean },
  signal: AbortSignal,
): Promise<KnownFile> {
  const size = (lacksSize ? await sizeIfTold(session, path, signal) : undefined) ?? known.size
  const modified = lacksTime ? await modifiedIfTold(session, path, signal) : known.modified
  return { size, modified }
}

/** MDTM; undefined if the server does not tell. */
export async function modifiedIfTold(
  session: Session,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Date | undefined> {
  if (session.refusesTimes.has('MDTM of a file')) return undefined
  try {
    return await lastModified(session, path, signal)
  } catch (error) {
    if (!(error instanceof ReplyError) || error.replyCode < 500) throw error
    if (error.replyCode === 500 || error.replyCode === 502) session.refusesTimes.add('MDTM of a file')
    return undefined
  }
}
