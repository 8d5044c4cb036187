import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { textCodec } from '../protocol/codec.ts'
import { FileError } from './file-error.ts'
import { partsOf } from './virtual-path.ts'

/**
 * Names on disk are bytes. Those that are no UTF-8 become lone surrogates and back. Windows has text, and knows no such
 * names.
 */
export const names = textCodec('utf8')

const SLASH = 0x2f

/** The folder that virtual paths begin at: finds what stands behind them, and refuses what is not inside of it. */
export class DiskRoot {
  readonly #root: string
  readonly #isGuarded: boolean
  #real: Promise<Buffer> | undefined
  /** @param isGuarded Whether symbolic links that lead out of the root are refused. */
  constructor(root: string, isGuarded: boolean) {
    this.#root = resolve(root)
    this.#isGuarded = isGuarded
  }

  /**
   * What `path` stands for, through all links.
   *
   * @throws {FileError} `EACCES` if that is outside.
   */
  async target(action: string, path: string): Promise<Buffer> {
    const parts = partsOf(action, path)
    const root = await this.#realRoot(action, path)
    return this.#inside(root, join(root, parts), action, path)
  }

  /**
   * The entry that `path` names, whether it is there or not; if it is a link, the link itself.
   *
   * @throws {FileError} `EACCES` if its directory is outside; `EBUSY` for the root, which is in no directory.
   */
  async entry(action: string, path: string): Promise<Buffer> {
    const parts = partsOf(action, path)
    const name = parts.pop()
    if (name === undefined) throw new FileError(action, path, 'EBUSY')
    const root = await this.#realRoot(action, path)
    return join(await this.#inside(root, join(root, parts), action, path), [name])
  }

  /**
   * How the target of a link may be told: one inside of the root as a virtual path, a relative one as it is, another
   * one not at all.
   */
  async virtualTarget(target: string): Promise<string | undefined> {
    if (!target.startsWith('/')) return target
    const root = names.decode(await this.#realRoot('list', '/'))
    for (const prefix of [root, this.#root]) {
      if (target === prefix || prefix === '/') return prefix === '/' ? target : '/'
      if (target.startsWith(`${prefix}/`)) return target.slice(prefix.length)
    }
    return undefined
  }

  async #inside(root: Buffer, full: Buffer, action: string, path: string): Promise<Buffer> {
    if (!this.#isGuarded) return full
    try {
      const real = await realpath(full, 'buffer')
      if (!contains(root, real)) throw new FileError(action, path, 'EACCES')
      return real
    } catch (error) {
      throw FileError.from(error, action, path)
    }
  }

  async #realRoot(action: string, path: string): Promise<Buffer> {
    this.#real ??= realpath(this.#root, 'buffer')
    try {
      return await this.#real
    } catch (error) {
      // The folder may appear later.
      this.#real = undefined
      throw FileError.from(error, action, path)
    }
  }
}

function join(folder: Buffer, parts: readonly string[]): Buffer {
  if (parts.length === 0) return folder
  const separator = folder.at(-1) === SLASH ? '' : '/'
  return Buffer.concat([folder, names.encode(separator + parts.join('/'))])
}

function contains(root: Buffer, path: Buffer): boolean {
  if (!path.subarray(0, root.length).equals(root)) return false
  return path.length === root.length || root.at(-1) === SLASH || isSeparator(path[root.length])
}

/** Windows answers with backslashes. */
function isSeparator(byte: number | undefined): boolean {
  return byte === SLASH || (process.platform === 'win32' && byte === 0x5c)
}
