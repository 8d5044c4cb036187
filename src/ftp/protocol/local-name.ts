import { UnsafeNameError } from '../errors.ts'

/** What makes a name from the network lead elsewhere, here or on another system. The first that fits is told. */
const DANGERS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^$/, 'it is empty'],
  [/^\.$/, "'.' is the folder itself"],
  [/^\.\.$/, "'..' leads out of the folder"],
  [/^[. ]+$/, "it has only dots and spaces, which Windows takes for '.' or '..'"],
  [/\//, "'/' leads to another folder"],
  [/\\/, "'\\' leads to another folder on Windows"],
  [/\0/, 'NUL ends a name before its end'],
  [/^[A-Z]:/i, 'a letter and a colon lead to another drive on Windows'],
]

/**
 * Checks that a name which a server gave is one name, and stays in the folder that it is put into. The same names are refused
 * on every system, so that nothing depends on where it runs.
 *
 * @returns The name itself.
 * @throws {UnsafeNameError} If it is empty, `.`, `..`, has only dots and spaces, has `/`, `\` or NUL in it, or begins with the
 * letter of a drive.
 */
export function checkLocalName(name: string): string {
  for (const [pattern, reason] of DANGERS) {
    if (pattern.test(name)) throw new UnsafeNameError(name, reason)
  }
  return name
}
