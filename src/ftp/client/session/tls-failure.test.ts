import { expect, test } from 'vitest'
import { TlsError } from '../../errors.ts'
import { clientSettings } from '../client-options.ts'
import { tlsFailure } from './tls-failure.ts'

const code = 'ERR_SSL_NO_PROTOCOLS_AVAILABLE'
const message = 'C0F1:error:0A0000BF:SSL routines:tls_setup_handshake:no protocols available:../statem_lib.c:104:\n'

const cases: { title: string; error: Error; says: string }[] = [
  {
    title: 'the reason that OpenSSL gives',
    error: Object.assign(new Error(message), { code, reason: 'no protocols available' }),
    says: 'no protocols available',
  },
  {
    title: 'the message in one line, where there is no reason',
    error: Object.assign(new Error(' it can not\n  be \n'), { code }),
    says: 'it can not be',
  },
]
for (const { title, error, says } of cases) {
  test(`tlsFailure() has ${title}`, () => {
    const failure = tlsFailure(error, clientSettings('host', { tls: 'explicit' }))
    expect(failure).toBeInstanceOf(TlsError)
    expect(failure).toHaveProperty('message', `Cannot start TLS with host: ${says} (${code})`)
    expect(failure).toHaveProperty('tlsCode', code)
    expect(failure).toHaveProperty('cause', error)
  })
}
