import * as fs from 'node:fs'
import { localPath } from './local-path.ts'

/**
 * An open local file. Node's `FileHandle` can do the same, and takes twice the time for each call, which is most of what a small file takes.
 */
export class LocalFile {
  readonly #descriptor: number
  #closing: Promise<void> | undefined

  private constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  static open(path: string | Buffer, flags: number | string, mode?: number): Promise<LocalFile> {
    return new Promise((resolve, reject) => {
      fs.open(localPath(path), flags, mode, (error, descriptor) => {
        if (error) reject(error)
        else resolve(new LocalFile(descriptor))
      })
    })
  }

  stat(): Promise<fs.Stats> {
    return called<fs.Stats>((done) => fs.fstat(this.#descriptor, done))
  }

  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }> {
    return new Promise((resolve, reject) => {
      fs.read(this.#descriptor, buffer, offset, length, position, (error, bytesRead) => {
        if (error) reject(error)
        else resolve({ bytesRead })
      })
    })
  }

  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }> {
    return new Promise((resolve, reject) => {
      fs.write(this.#descriptor, buffer, offset, length, position, (error, bytesWritten) => {
        if (error) reject(error)
        else resolve({ bytesWritten })
      })
    })
  }

  truncate(length: number): Promise<void> {
    return called<void>((done) => fs.ftruncate(this.#descriptor, length, done))
  }

  setMode(mode: number): Promise<void> {
    return called<void>((done) => fs.fchmod(this.#descriptor, mode, done))
  }

  setModified(time: Date): Promise<void> {
    return called<void>((done) => fs.futimes(this.#descriptor, time, time, done))
  }

  /** No call may be under way. Another call joins the first one. */
  close(): Promise<void> {
    this.#closing ??= called<void>((done) => fs.close(this.#descriptor, done))
    return this.#closing
  }
}

/** What is there under a path; undefined if that can't be told. */
export function statLocal(path: string): Promise<fs.Stats | undefined> {
  return new Promise((resolve) => fs.stat(localPath(path), (error, stats) => resolve(error ? undefined : stats)))
}

/** Renames a local file, and replaces what is there. */
export function renameLocal(from: string, to: string): Promise<void> {
  return called<void>((done) => fs.rename(localPath(from), localPath(to), done))
}

function called<T>(call: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value as T))))
}
