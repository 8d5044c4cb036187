import { join } from 'node:path'
import { checkLocalName } from '../../ftp/protocol/local-name.ts'
import { baseName } from '../../ftp/protocol/path.ts'
import { Failure, UsageError } from '../failure.ts'
import { endsWithSlash, type PathKind } from '../paths.ts'
import type { RemoteUrl } from '../remote/remote-url.ts'

/** One thing to fetch, and where it goes. */
export interface GetStep {
  readonly url: RemoteUrl
  readonly isTree: boolean
  /** The file, or the folder that gets what is in the directory; undefined is standard output. */
  readonly to: string | undefined
}

/**
 * Decides where things go: into `--output` under their own names if that is a folder or ends with a slash, or if there are several URLs;
 * else `--output` is the new name. Without it things come into the current folder. A directory never goes *into* an `--output` without a slash, so that the same command
 * goes on where it was interrupted.
 *
 * @throws {UsageError} If two would be the same file, or it can't be.
 */
export function planGet(
  urls: readonly RemoteUrl[],
  {
    output,
    recursive,
    kind,
  }: { readonly output: string | undefined; readonly recursive: boolean; readonly kind: PathKind },
): GetStep[] {
  const steps = urls.map((url): GetStep => {
    const isTree = recursive || url.isDirectory
    // Nobody gets all there is by mistake.
    if (url.isBare && !recursive) {
      throw new UsageError(
        `Cannot get ${url.shown}: it names all that is there; add --recursive, or a slash to its end`,
      )
    }
    if (output === '-') {
      if (isTree) throw new UsageError(`Cannot get ${url.shown} to standard output: it is a directory; name files`)
      return { url, isTree, to: undefined }
    }
    if (output === undefined) return { url, isTree, to: nameOf(url) }
    const isFolder = endsWithSlash(output)
    const isInto = isFolder || urls.length > 1 || (kind === 'folder' && !isTree)
    if (isInto && (kind === 'file' || kind === 'device')) {
      throw new UsageError(`--output: Cannot use ${JSON.stringify(output)} as a folder: it is a file`)
    }
    return { url, isTree, to: isInto ? join(output, nameOf(url)) : output }
  })
  const places = steps.map(({ to }) => to)
  const twice = places.find((to, i) => to !== undefined && places.indexOf(to) < i)
  if (twice === undefined) return steps
  throw new UsageError(`Cannot get two things to ${JSON.stringify(twice)}: get them to folders of their own`)
}

/** Its last name; that of the server for where a login leads and for the root. */
function nameOf({ path, host, shown }: RemoteUrl): string {
  try {
    return checkLocalName(baseName(path) || host.replaceAll(':', '_'))
  } catch (cause) {
    throw new Failure(
      'ERR_SLUICE_FTP_UNSAFE_NAME',
      `Cannot get ${shown}: ${(cause as Error).message}; name one with -o`,
      {
        cause,
      },
    )
  }
}
