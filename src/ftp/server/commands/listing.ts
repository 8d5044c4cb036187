import type { FileStat } from '../../files/file-system.ts'
import { formatUnixLine } from '../../protocol/listing/format-unix.ts'
import { baseName, joinPath } from '../../protocol/path.ts'
import { sendChunks } from '../../transfer/send-file.ts'
import { type Answer, Refusal } from '../session/refusal.ts'
import { runTransfer } from '../session/run-transfer.ts'
import type { Session } from '../session/session.ts'
import type { CommandRow } from './command-row.ts'
import { factsLine, sendableName } from './facts.ts'
import { isThere } from './is-there.ts'
import { lineChunks } from './line-chunks.ts'

type Format = (session: Session, stat: FileStat, path: string) => string

export const LIST: CommandRow = {
  verb: 'LIST',
  syntax: '[<path>]',
  source: 'RFC 959 4.1.3',
  summary: 'Lists a directory, or a file, as ls -l does; options such as -a are passed over',
  isTransfer: true,
  run: (session, argument) => sendListing(session, 'LIST', argument, unixFormat()),
}

export const NLST: CommandRow = {
  verb: 'NLST',
  syntax: '[<path>]',
  source: 'RFC 959 4.1.3',
  summary: 'Lists names only',
  isTransfer: true,
  run: (session, argument) => sendListing(session, 'NLST', argument, (_, { name }) => name),
}

export const MLSD: CommandRow = {
  verb: 'MLSD',
  syntax: '[<path>]',
  source: 'RFC 3659 7',
  summary: 'Lists a directory, for programs to read',
  isTransfer: true,
  path: 'list',
  async run(session, _, path) {
    const format: Format = (session, stat, path) => factsLine(session, stat, path, stat.name)
    return await runTransfer(session, {
      kind: 'listing',
      verb: 'MLSD',
      path,
      async prepare(signal) {
        const stat = await session.identity.files.stat(path, { signal })
        if (stat.type !== 'directory') throw new Refusal(501, 'Not a directory')
        return listingOf(session, path, format, signal)
      },
    })
  },
}

export const MLST: CommandRow = {
  verb: 'MLST',
  syntax: '[<path>]',
  source: 'RFC 3659 7',
  summary: 'Tells about one file, on the control connection',
  path: 'list',
  async run(session, argument, path) {
    const stat = await session.identity.files.stat(path, { signal: session.signal, follow: false })
    const type = stat.type === 'directory' && argument === '' ? 'cdir' : undefined
    // Behind one space, so that it is no end of the reply (RFC 3659 section 7.2).
    return [250, ['Listing', ` ${factsLine(session, stat, path, path, type)}`, 'End']]
  },
}

/** How many lines STAT tells of a directory: they are held in memory, and what asks for more can use LIST. */
const MOST_OF_STAT = 1_000

/** What STAT answers about a path. */
export async function statListing(session: Session, argument: string): Promise<Answer> {
  const path = await listedPath(session, argument, session.signal)
  const { files } = session.identity
  const stat = await files.stat(path, { signal: session.signal })
  const format = unixFormat()
  if (stat.type !== 'directory') return [213, ['Status', ` ${format(session, stat, path)}`, 'End']]
  const lines: string[] = []
  for await (const entry of files.list(path, { signal: session.signal })) {
    if (lines.length === MOST_OF_STAT) {
      lines.push(' (and more: use LIST)')
      break
    }
    lines.push(` ${format(session, entry, joinPath(path, entry.name))}`)
  }
  return [212, ['Status', ...lines, 'End']]
}

function sendListing(session: Session, verb: string, argument: string, format: Format): Promise<Answer> {
  const path = session.resolve(argument)
  return runTransfer(session, {
    kind: 'listing',
    verb,
    path,
    async prepare(signal) {
      const listed = await listedPath(session, argument, signal)
      const stat = await session.identity.files.stat(listed, { signal })
      if (stat.type === 'directory') return listingOf(session, listed, format, signal)
      // The name as the client has it, so that it can be used again.
      const name = baseName(listed) === argument ? stat.name : argument
      return chunksOf(session, [format(session, { ...stat, name }, listed)])
    },
  })
}

/** Options, as for `ls`, stand before the path; but a path can begin with `-` too. */
async function listedPath(session: Session, argument: string, signal: AbortSignal): Promise<string> {
  const options = /^(?:-[A-Za-z0-9]+(?: +|$))+/.exec(argument)?.[0] ?? ''
  const whole = session.resolve(argument)
  const { files } = session.identity
  const isName = async () => session.allows('list', whole) && (await isThere(files, whole, { signal, follow: false }))
  if (options === '' || (await isName())) {
    session.demand('list', whole)
    return whole
  }
  const path = session.resolve(argument.slice(options.length))
  session.demand('list', path)
  return path
}

async function listingOf(session: Session, path: string, format: Format, signal: AbortSignal) {
  const entries = session.identity.files.list(path, { signal })[Symbol.asyncIterator]()
  // Errors come with the first entry: they are to come before the 150.
  let next = await entries.next()
  async function* lines() {
    try {
      for (; !next.done; next = await entries.next()) {
        yield format(session, next.value, joinPath(path, next.value.name))
      }
    } finally {
      await entries.return?.()
    }
  }
  const prepared = chunksOf(session, lines())
  // Who never comes to iterate still has to give the directory back.
  return { ...prepared, finish: async () => void (await entries.return?.()) }
}

function chunksOf(session: Session, lines: AsyncIterable<string> | Iterable<string>) {
  const { codec } = session.host.settings
  return {
    announcement: 'Opening data connection for the listing',
    move: async (socket: Parameters<typeof sendChunks>[1], _: unknown, options: Parameters<typeof sendChunks>[2]) =>
      await sendChunks(lineChunks(lines, codec), socket, options),
    finish: async () => {},
  }
}

function unixFormat(): Format {
  const now = new Date()
  return (_, stat) => formatUnixLine({ ...stat, name: sendableName(stat.name) }, now)
}
