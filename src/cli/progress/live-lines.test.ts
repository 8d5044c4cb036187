import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LiveLines } from './live-lines.ts'

const ESC = '\x1b'
/** Up, a colour, clearing what is left, or a character. */
const CODES = new RegExp(`${ESC}\\[(\\d+)A|${ESC}\\[\\d*m|${ESC}\\[[KJ]|[^${ESC}]`, 'gu')

/** A terminal that knows what LiveLines writes, and no more. */
class Screen {
  columns = 20
  readonly rows = 6
  writableNeedDrain = false
  readonly lines: string[] = ['']
  #row = 0
  #column = 0

  write(text: string): boolean {
    for (const [part, up] of text.matchAll(CODES)) {
      if (up) this.#row -= Number(up)
      else if (part === '\r') this.#column = 0
      else if (part === '\n') this.#lineFeed()
      else if (/[KJ]$/.test(part) && part.startsWith(ESC)) this.#clear(part.endsWith('J'))
      else if (!part.startsWith(ESC)) this.#put(part)
    }
    if (this.#row < 0) throw new Error('above the top')
    return true
  }

  get seen(): string[] {
    return this.lines.map((line) => line.trimEnd())
  }

  /** Breaks the lines anew, as terminals do; the cursor stays behind what it was behind. */
  resize(columns: number) {
    this.columns = columns
    const lines = this.lines.splice(0)
    for (const [i, line] of lines.entries()) {
      for (let at = 0; at === 0 || at < line.length; at += columns) this.lines.push(line.slice(at, at + columns))
      if (i === this.#row) this.#row = this.lines.length - 1
    }
  }

  #clear(toEnd: boolean) {
    this.lines[this.#row] = (this.lines[this.#row] ?? '').slice(0, this.#column)
    if (toEnd) this.lines.length = this.#row + 1
  }

  #lineFeed() {
    this.#row++
    this.#column = 0
    if (this.#row === this.lines.length) this.lines.push('')
  }

  #put(character: string) {
    const line = (this.lines[this.#row] ?? '').padEnd(this.#column)
    this.lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1)
    this.#column++
    if (this.#column >= this.columns) throw new Error('wrapped')
  }
}

const on = (screen: Screen) => new LiveLines(screen as unknown as NodeJS.WriteStream)

test('LiveLines.draw() draws over what it drew before', () => {
  const screen = new Screen()
  const lines = on(screen)
  lines.draw(['first line', 'second', 'third'])
  lines.draw(['1st', 'second one', '3'])
  expect(screen.seen).toEqual(['1st', 'second one', '3'])
})

test('LiveLines.draw() leaves no rest of lines that are gone, and grows again', () => {
  const screen = new Screen()
  const lines = on(screen)
  lines.draw(['a long one', 'and another'])
  lines.draw(['short'])
  expect(screen.seen).toEqual(['short'])
  lines.draw(['1', '2', '3'])
  expect(screen.seen).toEqual(['1', '2', '3'])
})

test('LiveLines.erase() gives the place back to what is written next', () => {
  const screen = new Screen()
  const lines = on(screen)
  screen.write('before\n')
  lines.draw(['\x1b[36mone\x1b[39m', 'two'])
  lines.erase()
  screen.write('after\n')
  lines.draw(['three'])
  expect(screen.seen).toEqual(['before', 'after', 'three'])
})

test('LiveLines.draw() writes nothing while the terminal can not take it', () => {
  const screen = new Screen()
  screen.writableNeedDrain = true
  on(screen).draw(['one'])
  expect(screen.seen).toEqual([''])
})

test('LiveLines.draw() uses no escape sequence for one line', () => {
  const written: string[] = []
  const lines = new LiveLines({
    columns: 80,
    write: (text: string) => written.push(text),
  } as unknown as NodeJS.WriteStream)
  lines.draw(['one'])
  lines.draw(['2'])
  lines.erase()
  expect(written).toEqual(['\rone', '\r2  ', '\r \r'])
})

test('LiveLines.draw() counts columns, not characters', () => {
  const written: string[] = []
  const stream = { columns: 80, write: (text: string) => written.push(text) }
  const lines = new LiveLines(stream as unknown as NodeJS.WriteStream)
  lines.draw(['日本.txt'])
  lines.draw(['e\u0301.txt'])
  lines.erase()
  expect(written).toEqual(['\r日本.txt', '\re\u0301.txt   ', '\r     \r'])
})

test('LiveLines.draw() draws over lines that a narrower terminal has broken', () => {
  const screen = new Screen()
  const lines = on(screen)
  screen.write('before\n')
  lines.draw(['one that is long', 'another one', 'three'])
  screen.resize(8)
  lines.draw(['four', 'five'])
  expect(screen.seen).toEqual(['before', 'four', 'five'])
  screen.resize(3)
  lines.erase()
  screen.write('x\n')
  expect(screen.seen).toEqual(['bef', 'ore', 'x', ''])
})

test('LiveLines.leave() leaves the lines, without the ^C behind them, and goes on below', () => {
  const screen = new Screen()
  const lines = on(screen)
  lines.leave()
  lines.draw(['one', 'two'])
  screen.write('^C')
  lines.leave()
  screen.write('after')
  expect(screen.seen).toEqual(['one', 'two', 'after'])
  screen.write('\n')
  lines.draw(['three', ''])
  screen.write('^C')
  lines.leave()
  expect(screen.seen).toEqual(['one', 'two', 'after', 'three', ''])
})

test('LiveLines shows the last of any drawings, and nothing after erase()', () => {
  const drawing = fc.array(fc.stringMatching(/^[a-z ]{0,19}$/), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(drawing, { minLength: 1 }), (drawings) => {
      const screen = new Screen()
      const lines = on(screen)
      for (const each of drawings) lines.draw(each)
      const last = drawings.at(-1)?.map((line) => line.trimEnd()) ?? []
      expect(screen.seen.slice(0, last.length)).toEqual(last)
      expect(screen.seen.slice(last.length).join('')).toBe('')
      lines.erase()
      expect(screen.seen.join('')).toBe('')
    }),
  )
})
