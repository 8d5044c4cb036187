import { Client, type Entry, ReplyError } from '../../ftp/client/index.ts'
import { textCodec } from '../../ftp/protocol/codec.ts'
import { baseName, parentPath } from '../../ftp/protocol/path.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import { Interruption, onInterruption } from '../interruption.ts'
import { writeOut } from '../output.ts'
import { clientOptionsFor } from '../remote/client-options.ts'
import { remoteFailure } from '../remote/remote-failure.ts'
import type { RemoteOptions } from '../remote/remote-options.ts'
import type { RemoteUrl } from '../remote/remote-url.ts'
import { printable, tell } from '../tell.ts'
import {
  byName,
  type ColumnWidths,
  inColumns,
  longColumns,
  markedName,
  type NamedEntry,
  toJson,
} from './format-entries.ts'

/** What `sluice ls` is asked to do. */
export interface LsOptions extends RemoteOptions {
  readonly url: RemoteUrl
  readonly long: boolean
  readonly recursive: boolean
  readonly json: boolean
}

/**
 * Runs `sluice ls`.
 *
 * @returns The exit code; what failed is told on stderr.
 */
export async function runLs(options: LsOptions): Promise<number> {
  const { url } = options
  const clientOptions = await clientOptionsFor(url, options)
  const stop = new AbortController()
  const release = onInterruption((interruption) => stop.abort(interruption))
  try {
    await Client.context(url.host, { ...clientOptions, signal: stop.signal }, async (client) => {
      let widths = options.recursive ? BELOW : []
      for await (const entries of directoriesOf(client, options, stop.signal)) {
        widths = await show(entries, options, widths)
      }
    })
    return EXIT_CODE.done
  } catch (error) {
    if (error instanceof Interruption) return EXIT_CODE[error.signal]
    const failure = remoteFailure({ verb: 'list', name: url.shown, local: 'read' }, error)
    if (failure.code === 'EPIPE' && error instanceof Failure) return EXIT_CODE.readerGone
    tell(failure.message, failure)
    return EXIT_CODE.failed
  } finally {
    release()
  }
}

/** What is to be shown together: all of a directory, so that it can be sorted and aligned. */
async function* directoriesOf(
  client: Client,
  { url, recursive }: LsOptions,
  signal: AbortSignal,
): AsyncGenerator<NamedEntry[]> {
  const below = url.path === '' || url.path.endsWith('/') ? url.path : `${url.path}/`
  let entries: NamedEntry[] = []
  let directory = ''
  try {
    for await (const entry of client.list(url.path, { recursive, signal })) {
      const parent = parentPath(entry.path)
      if (parent !== directory && entries.length > 0) {
        yield entries
        entries = []
      }
      directory = parent
      entries.push({ ...entry, name: entry.path.slice(below.length) })
    }
  } catch (error) {
    const file = await fileInstead(client, url, error, signal)
    yield [{ ...file, name: baseName(url.path) }]
    return
  }
  yield entries
}

/** Servers that don't list files refuse them as if they were not there. */
async function fileInstead(client: Client, url: RemoteUrl, error: unknown, signal: AbortSignal): Promise<Entry> {
  const mayBeFile = error instanceof ReplyError && error.replyCode >= 500 && !url.isDirectory
  // If that fails too, it is the first error that counts.
  const found = mayBeFile && (await client.stat(url.path, { signal }).catch(() => undefined))
  if (found && found.type !== 'directory') return found
  throw error
}

const codec = textCodec('utf8')

/** What is below is not known yet: files of up to 9 GB have room. */
const BELOW: ColumnWidths = [0, 0, 0, 10, 0]

/** @returns How wide the columns were that show what is known. */
async function show(entries: NamedEntry[], { json, long }: LsOptions, before: ColumnWidths): Promise<ColumnWidths> {
  if (entries.length === 0) return before
  entries.sort(byName)
  if (json) {
    await writeOut(lines(entries.map(toJson)))
    return before
  }
  const { isTTY, columns } = process.stdout
  const names = entries.map(markedName)
  if (!long && isTTY) {
    await writeOut(lines(inColumns(names, columns || 80)))
    return before
  }
  const { rows: details, widths } = long ? longColumns(entries, before) : { rows: [], widths: before }
  const rows = entries.map(({ target }, i) => {
    if (!long) return names[i] ?? ''
    return `${details[i] ?? ''}  ${names[i] ?? ''}${target === undefined ? '' : ` -> ${target}`}`
  })
  // Where no terminal can be harmed names go out as they are, also those that are no UTF-8.
  await writeOut(isTTY ? lines(rows.map(printable)) : codec.encode(lines(rows)))
  return widths
}

const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('')
