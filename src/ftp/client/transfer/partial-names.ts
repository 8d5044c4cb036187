import { createHash, randomBytes } from 'node:crypto'

const PART = '.sluice-part'
const MARK = '.sluice-mark'

/** The longest name that gets a temporary one made of itself, in bytes of UTF-8: file systems take 255. */
const LONGEST = 200

/** Whether a name is one of those that files have while they are not whole, here or on a server. */
export function isPartialName(name: string): boolean {
  return name.startsWith('.') && (name.endsWith(PART) || name.endsWith(MARK))
}

/** The temporary name of a file that can be gone on with later: always the same, hidden, and in the same directory. */
export function partialName(name: string): string {
  return `.${short(name)}${PART}`
}

/** What no other process has in its names. */
const own = randomBytes(6).toString('hex')
let count = 0

/** A temporary name that nobody else has. */
export function uniquePartialName(name: string): string {
  return `.${short(name)}.${own}-${count++}${PART}`
}

/** The name of what tells which file the partial one belongs to. */
export function markName(name: string): string {
  return `.${short(name)}${MARK}`
}

function short(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  let head = ''
  for (const character of name) {
    if (Buffer.byteLength(head + character) > LONGEST - 20) break
    head += character
  }
  return `${head}~${hash}`
}
