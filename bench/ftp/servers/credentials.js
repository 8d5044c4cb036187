import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const fixture = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../../test/fixtures/${name}`, import.meta.url))

/** The certificate of all servers here, which is its own authority: for localhost and 127.0.0.1. */
export const caFile = fixture('localhost-cert.pem')

/** @returns {{ cert: string, key: string }} */
export const localhost = () => ({
  cert: readFileSync(caFile, 'utf8'),
  key: readFileSync(fixture('localhost-key.pem'), 'utf8'),
})

export const HOST = '127.0.0.1'
export const USER = 'bench'
export const PASSWORD = 'let-me-in'
