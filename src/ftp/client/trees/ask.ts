import { ChecksumError, ReplyError } from '../../errors.ts'
import { checksumOf, checksumsOf } from '../operations/checksum.ts'
import { compareFile } from '../transfer/checksums.ts'
import { modifiedIfTold } from '../transfer/file-transfer.ts'
import { localPath } from '../transfer/local-path.ts'
import type { TreeJob } from './tree-job.ts'

/** The exact time of a file on the server; undefined if it tells none. */
export async function askForTime(job: TreeJob, path: string, signal: AbortSignal): Promise<Date | undefined> {
  return await job.remote.run(signal, (session, end) => modifiedIfTold(session, job.remote.pathOf(path), end))
}

/** Whether a file has the same checksum on both sides. @throws {ReplyError} If the server computes none. */
export async function haveSameContent(job: TreeJob, path: string, signal: AbortSignal): Promise<boolean> {
  const remote = job.remote.pathOf(path)
  const expected = await job.remote.run(signal, (session, end) => {
    const [algorithm] = checksumsOf(session)
    if (algorithm) return checksumOf(session, remote, algorithm, end)
    throw new ReplyError('compare checksums', { code: 502, lines: ['It has told of no command for them'] })
  })
  try {
    await compareFile(remote, localPath(job.local.pathOf(path)), expected, signal)
    return true
  } catch (error) {
    if (error instanceof ChecksumError) return false
    throw error
  }
}
