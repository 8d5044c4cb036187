import { show } from '../show.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSENDABLE = /[\r\n\u0000]/

/** Whether text can stand in a line. CR and LF would end it, and what follows would be taken for another line. */
export function isSendable(text: string): boolean {
  return !UNSENDABLE.test(text)
}

/** @throws {RangeError} If the name of a file is empty, or has CR, LF or NUL in it. */
export function checkName(name: string): void {
  if (name !== '' && isSendable(name)) return
  throw new RangeError(`Cannot list ${show(name)}: ${name === '' ? 'the name is empty' : 'it has CR, LF or NUL in it'}`)
}
