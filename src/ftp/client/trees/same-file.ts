import { lstat } from 'node:fs/promises'
import { ChecksumError } from '../../errors.ts'
import { checksumOf, checksumsOf } from '../operations/checksum.ts'
import { attempts } from '../transfer/attempts.ts'
import type { Carrier } from '../transfer/carrier.ts'
import { compareFile } from '../transfer/checksums.ts'
import { modifiedIfTold } from '../transfer/file-transfer.ts'
import { localPath } from '../transfer/local-path.ts'
import type { TransferSettings } from '../transfer/transfer-settings.ts'
import { compareAsked, compareItems } from './compare.ts'
import { type Item, itemOfStats } from './item.ts'

/**
 * Whether a whole copy of a file on the server is here already: its size and its time must be told and be the same, as in a tree; and, with `checksum`, its checksum,
 * if the server computes any.
 *
 * @param source The file on the server, as far as it is known.
 * @returns Undefined if it is to be transferred; else whether checksums were compared.
 */
export async function sameFile(
  carrier: Carrier,
  { remote, local, source }: { readonly remote: string; readonly local: string; readonly source: Item },
  settings: TransferSettings,
  signal: AbortSignal | undefined,
): Promise<{ readonly checked: boolean } | undefined> {
  const target = await fileHere(local)
  if (!target || source.size === undefined) return undefined
  const rules = { compare: 'time-and-size', keepsTimes: settings.preserveTimes } as const
  let verdict = compareItems(source, target, rules)
  if (verdict !== 'same' && verdict !== 'ask for the time') return undefined
  const ask = { retry: settings.retry, signal, isFinal: () => false }
  const answers = await attempts(carrier, ask, async (session, end) => {
    const time = verdict === 'same' ? undefined : await modifiedIfTold(session, remote, end)
    const [algorithm] = settings.checksum ? checksumsOf(session) : []
    return { time, expected: algorithm && (await checksumOf(session, remote, algorithm, end)) }
  })
  if (verdict !== 'same') {
    // Without a time nothing tells that it has not changed: to transfer it again is safe.
    if (!answers.time) return undefined
    verdict = compareAsked(source, target, answers.time, { ...rules, isSource: true })
  }
  if (verdict !== 'same') return undefined
  const { expected } = answers
  if (!expected) return { checked: false }
  try {
    await carrier.abortable(signal, (end) => compareFile(remote, localPath(local), expected, end))
    return { checked: true }
  } catch (error) {
    if (error instanceof ChecksumError) return undefined
    throw error
  }
}

/** A link is no copy: a download takes its place. */
async function fileHere(local: string): Promise<Item | undefined> {
  try {
    const item = itemOfStats('', await lstat(localPath(local)))
    return item.type === 'file' ? item : undefined
  } catch {
    return undefined // whatever is wrong, the download will say it
  }
}
