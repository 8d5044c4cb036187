import { expect, test, vi } from 'vitest'
import { clientOptionsFor, dialogueLine } from './client-options.ts'
import { readRemoteOptions } from './remote-options.ts'
import { parseRemoteUrl } from './remote-url.ts'

const made = (url: string, options: Record<string, unknown> = {}, write?: (line: string) => void) =>
  clientOptionsFor(parseRemoteUrl(url), readRemoteOptions(options), write)

test('clientOptionsFor() makes of a URL and options what the client takes', async () => {
  expect(await made('ftp://ann:pw@host:2121/', { timeout: '5s', active: true })).toMatchObject({
    ...{ port: 2121, tls: false, user: 'ann', password: 'pw', timeout: 5000, mode: 'active', tlsOptions: {} },
  })
  expect(await made('ftp://ann:pw@host/', { tls: true })).toMatchObject({ tls: 'explicit', port: undefined })
  expect(await made('ftps://ann:pw@host/', { tls: true })).toMatchObject({ tls: 'implicit' })
  expect(await made('ftp+tls://ann:pw@host/')).toMatchObject({ tls: 'explicit', logger: undefined })
})

test('clientOptionsFor() warns of --insecure where it matters', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    await made('ftp://ann:pw@host/', { insecure: true })
    await made('ftps://ann:pw@host/', { insecure: true, quiet: true })
    expect(stderr).not.toHaveBeenCalled()
    expect(await made('ftps://ann:pw@host/', { insecure: true })).toMatchObject({
      tlsOptions: { rejectUnauthorized: false },
    })
    expect(stderr).toHaveBeenCalledOnce()
  } finally {
    stderr.mockRestore()
  }
})

test('dialogueLine() shows one line, which steers no terminal', () => {
  const entry = { host: 'h', connection: 2 } as const
  expect(dialogueLine({ ...entry, kind: 'command', text: 'RETR a' })).toBe('[2] > RETR a')
  expect(dialogueLine({ ...entry, kind: 'reply', text: '211 a\nb\x1b[2J' })).toBe('[2] < 211 a b\\u001b[2J')
  expect(dialogueLine({ ...entry, kind: 'note', text: 'so' })).toBe('[2] * so')
})

test.each([
  [{ user: ':x' }, '--user: Cannot use it: the name is missing'],
  [{ user: 'a:b', passwordFile: 'f' }, 'Cannot use --password-file together with a password in --user'],
  [{ insecure: true, ca: 'f' }, 'Cannot use --insecure together with --ca'],
  [{ quiet: true, verbose: true }, 'Cannot use --quiet together with --verbose'],
  [{ ca: '/missing/file' }, 'Cannot read "/missing/file": there is no such file'],
])('readRemoteOptions() refuses %o', (options, says) => {
  expect(() => readRemoteOptions(options)).toThrow(says)
})
