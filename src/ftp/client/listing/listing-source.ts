import type { Flow } from '../../../throttle/flow.ts'
import { ProtocolError, ReplyError } from '../../errors.ts'
import type { Entry } from '../../protocol/listing/entry.ts'
import { type ListingFormat, ListingParser } from '../../protocol/listing/listing-parser.ts'
import { received } from '../../transfer/receive-file.ts'
import { SocketIntake } from '../../transfer/socket-intake.ts'
import { DataTransfer } from '../data/data-transfer.ts'
import type { Session } from '../session/session.ts'

/** How one directory is listed. */
export interface ListingRequest {
  /** The directory; empty is the working directory. */
  readonly path: string
  /** The command to list with, such as "NLST"; undefined is for MLSD or LIST, whatever the server has. */
  readonly command: string | undefined
  readonly flow: Flow
  readonly onUnreadable: ((line: string) => void) | undefined
  readonly signal: AbortSignal
}

/** The entries of one directory, in the parts in which they come. Leaving early stops the listing. */
export async function* listDirectory(session: Session, request: ListingRequest): AsyncGenerator<readonly Entry[]> {
  for (const way of waysOf(session, request)) {
    let isEmpty = true
    try {
      for await (const entries of listBy(session, way, request, () => (isEmpty = false))) yield entries
    } catch (error) {
      // Entries that were given are not given again.
      if (!isEmpty || !(error instanceof ReplyError) || !way.refused?.(error)) throw error
      continue
    }
    // With -a an empty directory has itself at least; without anything -a was taken for a name.
    if (isEmpty && way.argument.startsWith('-a')) continue
    way.worked?.()
    return
  }
}

/** One way to list a directory. */
interface Way {
  readonly verb: string
  readonly format: ListingFormat
  readonly argument: string
  /** Whether the next way is to be tried, after this one was refused. */
  readonly refused?: (error: ReplyError) => boolean
  readonly worked?: () => void
}

const FORMATS: Readonly<Record<string, ListingFormat>> = { MLSD: 'mlsd', NLST: 'nlst' }

/** MLSD (RFC 3659 section 7), or LIST with the hidden files, or LIST. What works is remembered. */
function* waysOf(session: Session, { path, command }: ListingRequest): Generator<Way> {
  if (command !== undefined) {
    const [verb = '', ...options] = command.trim().split(/\s+/)
    const argument = [...options, safe(path)].filter((part) => part !== '').join(' ')
    yield { verb, format: FORMATS[verb.toUpperCase()] ?? 'list', argument }
    return
  }
  const hasMlsd = session.features.has('MLST') || session.features.has('MLSD')
  if (hasMlsd && !session.refusesMlsd && session.settings.listFormat === 'auto') {
    const refused = ({ replyCode }: ReplyError) => {
      session.refusesMlsd = replyCode >= 500 && replyCode <= 504 && replyCode !== 501
      return session.refusesMlsd
    }
    yield { verb: 'MLSD', format: 'mlsd', argument: path, refused }
  }
  if (session.listsHidden !== false) {
    yield {
      verb: 'LIST',
      format: 'list',
      argument: path === '' ? '-a' : `-a ${safe(path)}`,
      refused: ({ replyCode }) => replyCode >= 500 && session.listsHidden === undefined,
      worked: () => {
        session.listsHidden = true
      },
    }
  }
  yield {
    verb: 'LIST',
    format: 'list',
    argument: safe(path),
    worked: () => {
      session.listsHidden ??= false
    },
  }
}

/** LIST takes what begins with a dash for options. */
const safe = (path: string) => (path.startsWith('-') ? `./${path}` : path)

/**
 * Bytes of a listing of which entries are made at a time. As much as a socket delivers at once is megabytes of entries, which would
 * live on while they are handed over one by one.
 */
const PART = 16 * 1024

async function* listBy(
  session: Session,
  { verb, format, argument }: Way,
  { flow, onUnreadable, signal }: ListingRequest,
  seen: () => void,
): AsyncGenerator<readonly Entry[]> {
  const { codec, clock, timeouts } = session.settings
  const parser = new ListingParser({ format, codec, ...(onUnreadable ? { onUnreadable } : {}) })
  const intake = new SocketIntake()
  const { silence } = session.control
  let transfer: DataTransfer | undefined
  let chunks: AsyncGenerator<Buffer> | undefined
  try {
    const started = await DataTransfer.start(session, { verb, argument, intake, signal })
    transfer = started
    if (!started.usesOnread) intake.attach(started.socket, false)
    const { stall: stallTimeout, firstByte: firstByteTimeout } = timeouts
    chunks = received(intake, { flow, clock, signal: started.end, silence, stallTimeout, firstByteTimeout })
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => started.explain(error, signal))
      if (next.done) break
      seen()
      for (let at = 0; at < next.value.length; at += PART) {
        const entries = parser.push(next.value.subarray(at, at + PART))
        if (entries.length > 0) yield entries
      }
    }
    const last = parser.end()
    if (last.length > 0) yield last
    await started.finish({ expectedCodes: '2xx', waitCodes: '1xx', signal })
  } finally {
    await chunks?.return(undefined)
    await transfer?.stop()
    intake.release()
  }
}

/** How many levels below the directory that was named are gone into: a server, or a circle of links on it, could have one more in each, without end. */
export const MOST_LEVELS = 200

/** @throws {ProtocolError} */
export function tooDeep(action: 'list' | 'remove', path: string): never {
  throw new ProtocolError(action, `there are more than ${MOST_LEVELS} levels of directories`, path)
}

/** @throws {ProtocolError} */
export function tooMany(most: number): never {
  throw new ProtocolError(
    'list',
    `there are more than ${most} entries; iterate over the listing instead of awaiting it`,
  )
}
