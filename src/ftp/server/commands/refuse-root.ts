import { Refusal } from '../session/refusal.ts'

/**
 * What can't be done to the root, ever. File systems say `EBUSY`, which else means that a client should try again.
 *
 * @throws {Refusal} If `path` is the root.
 */
export function refuseRoot(path: string): void {
  if (path === '/') throw new Refusal(550, 'It is the root')
}
