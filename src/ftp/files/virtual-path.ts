import { FileError } from './file-error.ts'
import type { OpenMode } from './file-system.ts'

/**
 * Windows takes these for separators, drives and streams, so that such a name could lead anywhere; dots and spaces at the end of a name it drops, so
 * that a rule for the name would not be found.
 */
const UNSAFE_ON_WINDOWS = /[\\:]|[. ]$/

/**
 * The parts of a virtual path; none for the root.
 *
 * @throws {FileError} `EINVAL` for a path that is not absolute, not normalized, or has a NUL in it.
 */
export function partsOf(action: string, path: string, platform: NodeJS.Platform = process.platform): string[] {
  if (path === '/') return []
  const parts = path.split('/')
  const root = parts.shift()
  const isUnsafe = (part: string) =>
    part === '' || part === '.' || part === '..' || (platform === 'win32' && UNSAFE_ON_WINDOWS.test(part))
  if (root !== '' || parts.length === 0 || parts.some(isUnsafe) || path.includes('\0'))
    throw new FileError(action, path, 'EINVAL')
  return parts
}

/** The last part of a virtual path, or `/`. */
export function nameOf(path: string): string {
  return path === '/' ? path : path.slice(path.lastIndexOf('/') + 1)
}

const OPEN_MODES: readonly OpenMode[] = ['read', 'write', 'replace', 'append', 'create-new']

/** @throws {TypeError} If there is no such mode. */
export function checkOpenMode(mode: OpenMode): void {
  if (OPEN_MODES.includes(mode)) return
  throw new TypeError(`Cannot open a file: the mode must be ${OPEN_MODES.join(', ')}, is ${JSON.stringify(mode)}`)
}

/** @throws {RangeError} As the contract says of {@link FileSystem.setModified}. */
export function checkTime(time: Date): void {
  if (!Number.isFinite(time.getTime())) throw new RangeError('Cannot set the time of a file: the date is invalid')
}

/** @throws {RangeError} As the contract says of {@link FileSystem.setMode}. */
export function checkMode(mode: number): void {
  if (Number.isInteger(mode) && mode >= 0 && mode <= 0o7777) return
  throw new RangeError(`Cannot set the mode of a file: must be an integer from 0 to 0o7777, is ${mode}`)
}

/** @throws {RangeError} As the contract says of {@link OpenFile.read}. */
export function checkRange(action: string, buffer: Uint8Array, offset: number, length: number, position: number): void {
  checkLength(action, 'position', position)
  checkLength(action, 'offset', offset)
  checkLength(action, 'length', length)
  if (offset + length <= buffer.length) return
  throw new RangeError(
    `Cannot ${action} a file: ${length} bytes from ${offset} on are not inside of a buffer of ${buffer.length}`,
  )
}

/** @throws {RangeError} If `value` is no integer >= 0. */
export function checkLength(action: string, name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new RangeError(`Cannot ${action} a file: '${name}' must be an integer >= 0, is ${value}`)
}
