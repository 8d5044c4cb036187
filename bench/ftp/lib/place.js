import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { GiB, MiB } from '../../lib/units.js'

/** Files larger than this repeat, so that what has been copied can be checked without the original. */
const BLOCK = MiB

/** Where the measurements have their files: in memory if there is room, so that no disk is measured. */
export class Place {
  /** All that is made here. */
  folder
  /** What the servers serve. `incoming` in it takes uploads. */
  root
  /** @type {Set<string>} */
  #made = new Set()

  /** @param {number} room Bytes that will be needed at most. */
  constructor(room) {
    this.folder = mkdtempSync(join(hasRoom('/dev/shm', room) ? '/dev/shm' : tmpdir(), 'sluice-bench-ftp-'))
    this.root = join(this.folder, 'root')
    mkdirSync(join(this.root, 'incoming'), { recursive: true })
    mkdirSync(join(this.folder, 'local'))
    writeFileSync(join(this.root, 'empty'), '')
  }

  /** A name in the folder for what clients have. @param {string} name */
  local(name) {
    return join(this.folder, 'local', name)
  }

  /** Makes a file in what is served, unless it is there. @param {string} name @param {number} bytes @returns {string} Its path here. */
  file(name, bytes) {
    const path = join(this.root, name)
    if (!this.#made.has(path)) writeBlocks(path, bytes)
    this.#made.add(path)
    return path
  }

  /**
   * Makes a folder of files in what is served, unless it is there.
   *
   * @param {string} name
   * @param {number} count
   * @param {number} bytes Of each.
   * @returns {{ path: string, names: string[] }} Its path here.
   */
  files(name, count, bytes) {
    const path = join(this.root, name)
    const names = Array.from({ length: count }, (_, i) => `file-${String(i).padStart(5, '0')}.dat`)
    if (!this.#made.has(path)) {
      mkdirSync(path)
      const content = randomFillSync(Buffer.alloc(Math.min(bytes, BLOCK)))
      for (const each of names) {
        if (bytes > BLOCK) writeBlocks(join(path, each), bytes)
        else writeFileSync(join(path, each), content)
      }
    }
    this.#made.add(path)
    return { path, names }
  }

  /** Removes what was made in what is served. @param {string} name */
  forget(name) {
    this.#made.delete(join(this.root, name))
    rmSync(join(this.root, name), { recursive: true, force: true })
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** @param {string} folder @param {number} room */
function hasRoom(folder, room) {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return Math.min(bavail * bsize, freemem()) > room + GiB
  } catch {
    return false // not every system has it
  }
}

/** @param {string} path @param {number} bytes */
function writeBlocks(path, bytes) {
  const block = randomFillSync(Buffer.alloc(BLOCK))
  const file = openSync(path, 'w')
  for (let at = 0; at < bytes; at += BLOCK) writeSync(file, block, 0, Math.min(BLOCK, bytes - at))
  closeSync(file)
}

/**
 * Checks a copy, byte for byte.
 *
 * @param {string} path
 * @param {string} original
 * @throws {Error} If it is not the same.
 */
export function checkCopy(path, original) {
  const expected = statSync(original).size
  const { size } = statSync(path)
  if (size !== expected) throw new Error(`wrong copy: ${size} bytes instead of ${expected}`)
  const files = [openSync(path, 'r'), openSync(original, 'r')]
  const [copied, meant] = files.map(() => Buffer.alloc(BLOCK))
  for (let at = 0; at < size; at += BLOCK) {
    const [ours, theirs] = [copied, meant].map((block, i) =>
      block?.subarray(0, readSync(Number(files[i]), block, 0, BLOCK, at)),
    )
    if (!ours || !theirs?.equals(ours)) throw new Error(`wrong copy: it differs after ${at} bytes`)
  }
  for (const file of files) closeSync(file)
}

/** Checks a copy of a folder. @param {string} path @param {string} original @throws {Error} If it is not the same. */
export function checkCopies(path, original) {
  const names = readdirSync(original)
  const copies = readdirSync(path)
  if (copies.length !== names.length) throw new Error(`wrong copy: ${copies.length} files instead of ${names.length}`)
  for (const name of names) checkCopy(join(path, name), join(original, name))
}
