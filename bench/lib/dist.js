import { pathToFileURL } from 'node:url'

/** The build that is measured: the project's own, or the one that `SLUICE_DIST` names. */
export const dist = process.env.SLUICE_DIST
  ? pathToFileURL(`${process.env.SLUICE_DIST}/`)
  : new URL('../../dist/', import.meta.url)
