import { Waits } from '../../../streams/adapters/waits.ts'
import type { Entry } from '../../protocol/listing/entry.ts'
import type { Connection } from '../connection.ts'
import { EachOf } from './each-of.ts'
import { MOST_LEVELS, tooDeep, tooMany } from './listing-source.ts'

/** An entry, and where it is. */
export interface ListedEntry extends Entry {
  /** The path that was listed, with the name of the entry behind it: what a command of the same client takes. */
  readonly path: string
}

/** Lists one directory, in the parts in which it comes; `wanted` is called when others wait for the connection. */
export type ListOne = (
  path: string,
  take: (entries: readonly Entry[]) => Promise<void>,
  wanted: () => void,
  signal: AbortSignal,
) => Promise<void>

/** How many entries are kept in memory at most: one takes up to 1.6 KB, measured. */
const MOST = 500_000

/**
 * The entries of a directory. `for await` takes them as they come, and memory does not grow with the directory; `await` gives an array of all. Each time the
 * server is asked anew.
 *
 * Commands of the same client can be called inside the loop: then the rest of the directory is fetched first, and kept meanwhile.
 */
export class Listing implements AsyncIterable<ListedEntry>, PromiseLike<ListedEntry[]> {
  readonly #listOne: ListOne
  readonly #path: string
  readonly #isRecursive: boolean
  readonly #signal: AbortSignal | undefined
  readonly #client: Pick<Connection, 'begin' | 'end' | 'failed'>

  /**
   * @param client Is told when all entries are asked for, and when they have come.
   * @internal
   */
  constructor(
    listOne: ListOne,
    path: string,
    isRecursive: boolean,
    signal: AbortSignal | undefined,
    client: Pick<Connection, 'begin' | 'end' | 'failed'>,
  ) {
    this.#client = client
    this.#listOne = listOne
    this.#path = path
    this.#isRecursive = isRecursive
    this.#signal = signal
  }

  [Symbol.asyncIterator](): AsyncGenerator<ListedEntry, void, undefined> {
    return new EachOf(this.#parts())
  }

  // biome-ignore lint/suspicious/noThenProperty: a listing can be awaited, too
  then<T = ListedEntry[], F = never>(
    resolve?: ((entries: ListedEntry[]) => T | PromiseLike<T>) | null,
    reject?: ((reason: unknown) => F | PromiseLike<F>) | null,
  ): Promise<T | F> {
    return this.#all().then(resolve, reject)
  }

  async #all(): Promise<ListedEntry[]> {
    const all: ListedEntry[] = []
    this.#client.begin()
    try {
      for await (const entries of this.#parts()) {
        for (const entry of entries) all.push(entry)
        if (all.length > MOST) tooMany(MOST)
      }
      this.#client.end()
      return all
    } catch (error) {
      throw await this.#client.failed(error)
    }
  }

  /** Breadth first: the directories that were found wait until those of their level have had their turn. */
  async *#parts(): AsyncGenerator<readonly ListedEntry[]> {
    let level = [this.#path]
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > MOST_LEVELS) tooDeep('list', level[0] ?? '')
      const below: string[] = []
      for (const [done, directory] of level.entries()) {
        for await (const entries of this.#directory(directory)) {
          yield entries
          if (!this.#isRecursive) continue
          // A name with a slash would lead out of the directory.
          for (const { type, name, path } of entries) {
            if (type === 'directory' && !name.includes('/')) below.push(path)
          }
          if (level.length - done + below.length > MOST) tooMany(MOST)
        }
      }
      level = below
    }
  }

  async *#directory(directory: string): AsyncGenerator<readonly ListedEntry[]> {
    const parts = new Parts()
    const prefix = directory === '' || directory.endsWith('/') ? directory : `${directory}/`
    const stop = new AbortController()
    const signal = this.#signal ? AbortSignal.any([this.#signal, stop.signal]) : stop.signal
    const listed = this.#listOne(directory, (entries) => parts.put(entries), parts.hurry, signal).then(
      () => parts.end(),
      (error: unknown) => parts.fail(error),
    )
    try {
      for (let part = await parts.take(); part; part = await parts.take()) {
        yield locate(part, prefix)
      }
    } finally {
      stop.abort()
      parts.hurry()
      await listed
    }
  }
}

/** Says where entries are. They are new and nobody else's: to copy them would take as long as to read them. */
function locate(entries: readonly Entry[], prefix: string): readonly ListedEntry[] {
  const located = entries as { -readonly [Field in keyof ListedEntry]: ListedEntry[Field] }[]
  for (const entry of located) entry.path = prefix + entry.name
  return located
}

/** Between the one who lists and the one who iterates: one part at a time, or all of them if somebody is in a hurry. */
class Parts {
  readonly #queue: (readonly Entry[])[] = []
  readonly #came = new Waits()
  readonly #taken = new Waits()
  #kept = 0
  #inHurry = false
  #end: { readonly failure?: unknown } | undefined

  /** Settles when there is room for more. */
  async put(entries: readonly Entry[]): Promise<void> {
    this.#queue.push(entries)
    this.#kept += entries.length
    this.#came.settle()
    if (this.#kept > MOST) tooMany(MOST)
    while (this.#queue.length > 1 && !this.#inHurry) await this.#taken.next()
  }

  /** The next part; undefined at the end. */
  async take(): Promise<readonly Entry[] | undefined> {
    for (;;) {
      const part = this.#queue.shift()
      if (part) {
        this.#kept -= part.length
        this.#taken.settle()
        return part
      }
      if (this.#end && 'failure' in this.#end) throw this.#end.failure
      if (this.#end) return undefined
      await this.#came.next()
    }
  }

  /** From here on all that comes is taken at once. */
  readonly hurry = (): void => {
    this.#inHurry = true
    this.#taken.settle()
  }

  end(): void {
    this.#end ??= {}
    this.#came.settle()
  }

  fail(failure: unknown): void {
    this.#end ??= { failure }
    this.#came.settle()
  }
}
