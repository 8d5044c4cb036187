import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { Screen } from './screen.ts'

class Terminal extends EventEmitter {
  columns = 20
  rows = 6
  writableNeedDrain = false
  written: string[] = []
  write(text: string) {
    this.written.push(text.replaceAll('\x1b', '^'))
    return true
  }
}

test('Screen draws over what it drew, from the top after a resize, and hides ^C at its end', () => {
  const terminal = new Terminal()
  const screen = new Screen(terminal as unknown as NodeJS.WriteStream)
  expect([screen.width, screen.height]).toEqual([19, 5])
  screen.draw(['one', 'two'])
  screen.draw(['three'])
  terminal.emit('resize')
  screen.draw(['four'])
  terminal.writableNeedDrain = true
  screen.draw(['nobody can see'])
  screen.close()
  expect(terminal.written).toEqual(['\rone^[K\ntwo^[K\n^[J', '\r^[2Athree^[K\n^[J', '^[Hfour^[K\n^[J', '\r^[K'])
  expect(terminal.listenerCount('resize')).toBe(0)
})
