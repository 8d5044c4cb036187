import { stat } from 'node:fs/promises'
import { Failure, ioFailure } from './failure.ts'

/** What stands behind a path here. A device is anything that is neither file nor folder: it can be read and written, but not replaced. */
export type PathKind = 'missing' | 'file' | 'folder' | 'device'

/** Whether a path here is meant as a folder. */
export function endsWithSlash(path: string): boolean {
  return path.endsWith('/') || (process.platform === 'win32' && path.endsWith('\\'))
}

/** @throws {Failure} If it can't be told. */
export async function kindOf(path: string): Promise<PathKind> {
  try {
    const found = await stat(path)
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'device'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing'
    throw ioFailure('read', JSON.stringify(path), error)
  }
}

/**
 * Makes sure that a path here is that of a folder.
 *
 * @param verb What is to be done with it, such as "serve".
 * @throws {Failure} If it is something else, or missing and may not be.
 */
export async function checkFolder(
  verb: string,
  path: string,
  { mayBeMissing = false }: { readonly mayBeMissing?: boolean } = {},
): Promise<void> {
  const kind = await kindOf(path)
  if (kind === 'folder' || (kind === 'missing' && mayBeMissing)) return
  const shown = JSON.stringify(path)
  if (kind !== 'missing') throw new Failure('ENOTDIR', `Cannot ${verb} ${shown}: it is not a folder; name one`)
  throw new Failure('ENOENT', `Cannot ${verb} ${shown}: there is no such folder (ENOENT); check the path`)
}
