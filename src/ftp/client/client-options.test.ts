import { expect, test } from 'vitest'
import { clientSettings } from './client-options.ts'

const wrong: { title: string; options: object; says: string }[] = [
  { title: 'the host among the options', options: { host: 'h' }, says: "'host' is no option; 'host' is the first arg" },
  { title: 'secure', options: { secure: true }, says: "'secure' is no option; TLS is tls: 'explicit' or 'implicit'" },
  { title: 'a large integer for the port', options: { port: 21n }, says: "'port' must be a number, is 21n" },
  { title: 'an object for the address', options: { active: { address: { a: 1n } } }, says: 'is { a: 1n }' },
]
for (const { title, options, says } of wrong) {
  test(`clientSettings() refuses ${title}`, () => {
    expect(() => clientSettings('h', options)).toThrow(`Cannot connect to an FTP server: `)
    expect(() => clientSettings('h', options)).toThrow(says)
  })
}
