import type { Separator } from './separator.ts'

const NOTHING = Buffer.alloc(0)

/** Chunks smaller than this are joined as they come, as a list of tiny chunks would cost more memory and time than it holds. */
const SMALL = 1024

/** The size of the blocks in which small chunks are joined. */
const BLOCK = 8192

/**
 * Received bytes that nobody has read yet: a list of chunks, never copied as a whole. Taking is a slice where one chunk holds
 * what is asked for. Chunks belong to the buffer once they are in it.
 */
export class ReadBuffer {
  #chunks: Buffer[] = []
  /** The first chunk that is not used up. Those before it were taken and are dropped now and then. */
  #head = 0
  /** How many bytes of the first chunk were taken. */
  #offset = 0
  #length = 0
  /** The block in which the last chunk lies, if it is one of ours, so that more can be put behind it. */
  #block: Buffer | undefined

  /** Bytes. */
  get length(): number {
    return this.#length
  }

  /** Puts a chunk at the end. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#length += chunk.length
    if (chunk.length < SMALL && this.#join(chunk)) return
    this.#block = undefined
    this.#chunks.push(chunk)
  }

  /** Puts chunks that were taken back to the front, in their order. */
  putBack(chunks: readonly Buffer[]): void {
    const first = this.#chunks[this.#head]
    if (first && this.#offset > 0) {
      this.#chunks[this.#head] = first.subarray(this.#offset)
      if (this.#head === this.#chunks.length - 1) this.#block = undefined // it begins elsewhere now
    }
    const back = chunks.filter((chunk) => chunk.length > 0)
    for (const chunk of back) this.#length += chunk.length
    this.#chunks = back.concat(this.#chunks.slice(this.#head))
    this.#head = 0
    this.#offset = 0
  }

  /** Takes the first `count` bytes, or all if there are fewer. It copies only if they lie in more than one chunk. */
  take(count: number): Buffer {
    const wanted = Math.min(count, this.#length)
    if (wanted <= 0) return NOTHING
    const first = this.#takeSlice(wanted)
    if (first.length === wanted) return first
    const taken = Buffer.allocUnsafe(wanted)
    let filled = first.copy(taken)
    while (filled < wanted) filled += this.#takeSlice(wanted - filled).copy(taken, filled)
    return taken
  }

  /** Takes everything. */
  takeAll(): Buffer {
    return this.take(this.#length)
  }

  /**
   * Where `separator` begins, at or after `from`; -1 if it is not there. Going on from where the last search ended, less the
   * separator's length - 1, finds one that came in parts, and looks at each byte only once.
   */
  indexOf(separator: Separator, from = 0): number {
    const { bytes, fallback } = separator
    const first = bytes[0] ?? 0
    let [index, start] = this.#chunkAt(from)
    let at = from - start
    let matched = 0
    for (; index < this.#chunks.length; index++) {
      const begin = index === this.#head ? this.#offset : 0
      const chunk = this.#chunks[index] ?? NOTHING
      for (at += begin; at < chunk.length; ) {
        if (matched === 0) {
          const hit = chunk.indexOf(first, at)
          if (hit < 0) break
          at = hit
        } else {
          while (matched > 0 && chunk[at] !== bytes[matched]) matched = fallback[matched - 1] ?? 0
        }
        if (chunk[at] === bytes[matched]) matched++
        at++
        if (matched === bytes.length) return start + at - begin - matched
      }
      start += chunk.length - begin
      at = 0
    }
    return -1
  }

  /** The chunk that holds the byte at `position`, and the position where it begins; sought from the nearer end. */
  #chunkAt(position: number): [index: number, start: number] {
    if (position <= this.#length / 2) {
      let index = this.#head
      let start = 0
      for (let size = this.#sizeOf(index); index < this.#chunks.length && start + size <= position; ) {
        start += size
        size = this.#sizeOf(++index)
      }
      return [index, start]
    }
    let index = this.#chunks.length
    let start = this.#length
    while (start > position && index > this.#head) start -= this.#sizeOf(--index)
    return [index, start]
  }

  #sizeOf(index: number): number {
    return (this.#chunks[index]?.length ?? 0) - (index === this.#head ? this.#offset : 0)
  }

  /** Takes up to `count` bytes, > 0, from the first chunk. */
  #takeSlice(count: number): Buffer {
    const chunk = this.#chunks[this.#head] ?? NOTHING
    const slice = chunk.subarray(this.#offset, this.#offset + count)
    this.#offset += slice.length
    this.#length -= slice.length
    if (this.#offset === chunk.length) this.#dropFirst()
    return slice
  }

  #dropFirst(): void {
    this.#chunks[this.#head] = NOTHING // lets go of the memory
    this.#head++
    this.#offset = 0
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0
      this.#head = 0
      this.#block = undefined
    } else if (this.#head >= 64 && this.#head * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head)
      this.#head = 0
    }
  }

  /** Puts a small chunk into one block with the last one, if that is small or has room. */
  #join(chunk: Buffer): boolean {
    const index = this.#chunks.length - 1
    const last = this.#chunks[index]
    if (last === undefined) return false
    if (this.#block && last.length + chunk.length <= BLOCK) {
      this.#block.set(chunk, last.length)
      this.#chunks[index] = this.#block.subarray(0, last.length + chunk.length)
      return true
    }
    const size = this.#sizeOf(index)
    if (size >= SMALL) return false
    // Not from Buffer's shared pool: a block is written to after parts of it were handed out.
    this.#block = Buffer.allocUnsafeSlow(BLOCK)
    last.copy(this.#block, 0, last.length - size)
    this.#block.set(chunk, size)
    this.#chunks[index] = this.#block.subarray(0, size + chunk.length)
    if (index === this.#head) this.#offset = 0
    return true
  }
}
