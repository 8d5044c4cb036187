import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { Failure, UsageError } from '../failure.ts'
import { type CredentialSources, findCredentials } from './credentials.ts'
import { parseRemoteUrl } from './remote-url.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-credentials-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A file that only its owner may read. */
function file(name: string, content: string, mode = 0o600): string {
  writeFileSync(join(folder, name), content)
  chmodSync(join(folder, name), mode)
  return join(folder, name)
}

const none = { NETRC: file('empty', '') }
const netrc = {
  NETRC: file('netrc', 'machine host login ann password from-netrc account acc\ndefault login any password d'),
}
const passwordFile = file('password', 'from-file\r\nnot this line\n')

function find(url: string, sources: Partial<CredentialSources> = {}) {
  const all = { user: undefined, password: undefined, passwordFile: undefined, env: none, ask: async () => undefined }
  return findCredentials(parseRemoteUrl(url), { ...all, ...sources })
}

const cases: readonly (readonly [
  title: string,
  url: string,
  sources: Partial<CredentialSources>,
  user: string | undefined,
  password: string | undefined,
])[] = [
  ['nobody', 'ftp://host/', {}, undefined, undefined],
  ['the URL', 'ftp://ann:from-url@host/', { passwordFile, env: netrc }, 'ann', 'from-url'],
  ['the URL, an empty one', 'ftp://ann:@host/', { passwordFile, env: netrc }, 'ann', ''],
  ['--user', 'ftp://host/', { user: 'bob', password: 'given', env: netrc }, 'bob', 'given'],
  ['--user, of the user in the URL', 'ftp://ann@host/', { user: 'ann', password: 'given', env: netrc }, 'ann', 'given'],
  ['.netrc, not of another --user', 'ftp://ann@host/', { user: 'bob', password: 'x', env: netrc }, 'ann', 'from-netrc'],
  ['the URL before that of --user', 'ftp://ann:@host/', { user: 'ann', password: 'given' }, 'ann', ''],
  ['the URL before --user', 'ftp://ann:from-url@host/', { user: 'bob', password: 'given' }, 'ann', 'from-url'],
  ['the file', 'ftp://ann@host/', { passwordFile, env: { ...netrc, SLUICE_FTP_PASSWORD: 'x' } }, 'ann', 'from-file'],
  ['the environment', 'ftp://ann@host/', { env: { ...netrc, SLUICE_FTP_PASSWORD: 'from-env' } }, 'ann', 'from-env'],
  ['.netrc', 'ftp://ann@host/', { env: netrc }, 'ann', 'from-netrc'],
  ['.netrc, the user too', 'ftp://host/', { env: netrc }, 'ann', 'from-netrc'],
  ['.netrc, by default', 'ftp://other/', { env: netrc }, 'any', 'd'],
  ['the terminal', 'ftp://eve@host/', { env: netrc, ask: async () => 'typed' }, 'eve', 'typed'],
  ['nobody for anonymous', 'ftp://anonymous@host/', {}, 'anonymous', undefined],
  [
    'nobody, though the environment has one',
    'ftp://host/',
    { env: { ...none, SLUICE_FTP_PASSWORD: 'x' } },
    undefined,
    undefined,
  ],
]
for (const [title, url, sources, user, password] of cases) {
  test(`findCredentials() takes the password from ${title}`, async () => {
    expect(await find(url, sources)).toMatchObject({ user, password })
  })
}

test('findCredentials() takes the account from .netrc', async () => {
  expect(await find('ftp://host/', { env: netrc })).toMatchObject({ account: 'acc' })
})

test('findCredentials() asks by name, and only if nothing else has a password', async () => {
  const ask = vi.fn(async () => 'typed')
  await find('ftp://ann:secret@host/', { ask })
  await find('ftp://ann@host/', { ask, env: netrc })
  expect(ask).not.toHaveBeenCalled()
  await find('ftp://eve@host/', { ask })
  expect(ask).toHaveBeenCalledExactlyOnceWith('Password of eve at host: ')
})

test('findCredentials() says which file it can not read, and shows nothing of it', async () => {
  await expect(find('ftp://ann@host/', { passwordFile: join(folder, 'missing') })).rejects.toThrow('no such file')
  await expect(find('ftp://ann@host/', { env: { NETRC: join(folder, 'missing') } })).rejects.toThrow(Failure)
  const broken = file('broken', 'machine host\npassword "SECRET\n')
  const failure = await find('ftp://ann@host/', { env: { NETRC: broken } }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Failure)
  expect(String(failure)).toMatch(/^Failure: Cannot read ".*broken": line 2: password has no value/)
  expect(String(failure)).not.toContain('SECRET')
})

test('findCredentials() refuses a user without a password, and a password without a user', async () => {
  await expect(find('ftp://ann@host/')).rejects.toThrow(
    new UsageError(
      'Cannot log in at ftp://ann@host/: there is no password; give one by --password-file, SLUICE_FTP_PASSWORD or .netrc',
    ),
  )
  await expect(find('ftp://host/', { passwordFile })).rejects.toThrow('there is no user; name one with --user')
})

test.skipIf(process.platform === 'win32')('findCredentials() warns of a .netrc that others may read', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    await find('ftp://ann@host/', { env: netrc })
    expect(stderr).not.toHaveBeenCalled()
    const open = file('open', 'machine host login ann password x', 0o644)
    await find('ftp://ann@host/', { env: { NETRC: open } })
    expect(stderr).toHaveBeenCalledOnce()
    expect(stderr.mock.calls[0]?.[0]).toContain('others may read it; run chmod 600 on it')
  } finally {
    stderr.mockRestore()
  }
})
