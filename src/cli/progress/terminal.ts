import type { WriteStream } from 'node:tty'

type Env = Readonly<Record<string, string | undefined>>

/** Whether colours may be used: not with `NO_COLOR` (https://no-color.org), and not where they are not understood. */
export function hasColors(stream: NodeJS.WriteStream, env: Env = process.env): boolean {
  if (env.NO_COLOR) return false
  // On a stream that is no terminal the method is missing, which the types don't tell.
  return stream.isTTY === true && (stream as Partial<WriteStream>).hasColors?.() === true
}

/** Whether characters beyond ASCII will show. */
export function hasUnicode(env: Env = process.env, platform: string = process.platform): boolean {
  if (env.TERM === 'linux' || env.TERM === 'dumb') return false // the console's font has few of the blocks
  if (platform === 'win32') return Boolean(env.WT_SESSION || env.TERM_PROGRAM || env.TERM)
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '')
}

/** Whether a line can be drawn over. */
export function canRedraw(stream: NodeJS.WriteStream, env: Env = process.env): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb'
}
