import type { Flow } from '../../../throttle/flow.ts'
import { ChangedError, ReplyError, TruncatedError } from '../../errors.ts'
import type { Session } from '../session/session.ts'
import type { Origin } from './origins/origin.ts'
import { retrieve } from './retrieve.ts'

/** How much is compared, in bytes. */
const TAIL = 256 * 1024

/** Ends a download that has brought something else than it should. */
class OtherBytes extends Error {}

/**
 * Whether what is on the server can be the beginning of a file: its last 256 KiB are read and compared.
 *
 * @param size How many bytes are there.
 * @returns undefined if the server does not let them be read.
 */
export async function hasSameTail(
  session: Session,
  path: string,
  size: number,
  { origin, flow, signal }: { readonly origin: Origin; readonly flow: Flow; readonly signal: AbortSignal },
): Promise<boolean | undefined> {
  const offset = Math.max(0, size - TAIL)
  const tail = await read(origin, offset, size - offset, signal)
  let count = 0
  const take = (bytes: Buffer) => {
    const expected = tail.subarray(count, count + bytes.length)
    if (!bytes.equals(expected)) throw new OtherBytes()
    count += bytes.length
  }
  try {
    await retrieve(session, { path, offset, take, flow, size, signal })
    return count === tail.length
  } catch (error) {
    const isOther = error instanceof OtherBytes || error instanceof ChangedError || error instanceof TruncatedError
    if (isOther) return false
    if (error instanceof ReplyError && error.replyCode !== 421) return undefined
    throw error
  }
}

async function read(origin: Origin, offset: number, length: number, signal: AbortSignal): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let count = 0
  for await (const chunk of origin.chunks(offset, signal)) {
    const part = chunk.subarray(0, length - count)
    bytes.set(part, count)
    count += part.length
    if (count === length) break
  }
  return bytes.subarray(0, count)
}
