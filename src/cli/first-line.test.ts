import { Readable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { UsageError } from './failure.ts'
import { checkStandardInput, firstLineOf } from './first-line.ts'

test('firstLineOf() reads standard input once, and waits for one line only', async () => {
  const input = new Readable({ read() {} })
  const get = vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as typeof process.stdin)
  try {
    const first = firstLineOf('-')
    input.push(Buffer.from('sec'))
    input.push(Buffer.from('ret\r\nmore'))
    expect(await first).toBe('secret')
    expect(await firstLineOf('-')).toBe('secret')
    expect(get).toHaveBeenCalledOnce()
    expect(input.destroyed).toBe(true)
  } finally {
    get.mockRestore()
  }
})

test('firstLineOf() names the file that it can not read', async () => {
  await expect(firstLineOf('/no/such')).rejects.toThrow('Cannot read "/no/such": there is no such file (ENOENT)')
})

test('checkStandardInput() refuses a second reader', () => {
  checkStandardInput({ FILE: '-', '--password-file': 'file', '--other': undefined })
  const both = new UsageError('Cannot read both FILE and --password-file from standard input')
  expect(() => checkStandardInput({ FILE: '-', '--password-file': '-' })).toThrow(both)
})
