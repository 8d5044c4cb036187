import { basename, resolve } from 'node:path'
import { joinPath } from '../../ftp/protocol/path.ts'
import { Failure, UsageError } from '../failure.ts'
import { endsWithSlash, type PathKind } from '../paths.ts'
import type { RemoteUrl } from '../remote/remote-url.ts'

/** Something here that can be sent. */
export interface LocalThing {
  readonly path: string
  readonly kind: PathKind
}

/** One thing to send, and where it goes. */
export interface PutStep {
  /** Undefined is standard input. */
  readonly from: string | undefined
  readonly isTree: boolean
  /** The file, or the directory that gets what is in the folder. */
  readonly to: string
}

/**
 * Decides where things go: into the directory of the URL under their own names if the URL ends with a slash, or if there are several; else the
 * URL is the new name.
 *
 * @throws {UsageError} If it can't be so, or a folder was not meant to be sent; {@link Failure} for what is not there.
 */
export function planPut(
  things: readonly LocalThing[],
  url: RemoteUrl,
  { recursive, resume }: { readonly recursive: boolean; readonly resume: boolean },
): PutStep[] {
  const isInto = url.isDirectory || things.length > 1
  const steps = things.map(({ path, kind }): PutStep => {
    if (path === '-') {
      if (isInto)
        throw new UsageError(`Cannot put standard input to ${url.shown}: name one file, with no slash at its end`)
      if (resume) throw new UsageError('Cannot use --resume with standard input, which can not begin in the middle')
      return { from: undefined, isTree: false, to: url.path }
    }
    const shown = JSON.stringify(path)
    if (kind === 'missing')
      throw new Failure('ENOENT', `Cannot put ${shown}: there is no such file (ENOENT); check the path`)
    const isTree = kind === 'folder'
    if (isTree && !recursive && !endsWithSlash(path)) {
      throw new UsageError(`Cannot put ${shown}: it is a folder; add --recursive, or a slash to its end`)
    }
    return { from: path, isTree, to: isInto ? joinPath(url.path, basename(resolve(path))) : url.path }
  })
  const places = steps.map(({ to }) => to)
  const twice = places.find((to, i) => places.indexOf(to) < i)
  if (twice === undefined) return steps
  throw new UsageError(`Cannot put two things to ${JSON.stringify(twice)}: put them to directories of their own`)
}
