import { mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Server, type ServerOptions } from 'sluice/ftp-server'
import { temporaryFolder } from './cli-sluice.ts'

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

/** A certificate for localhost, which only those trust who are told to. */
export const CERT = fixture('localhost-cert.pem')
export const KEY = fixture('localhost-key.pem')
export const tls = { cert: readFileSync(CERT), key: readFileSync(KEY) }

export interface Served extends AsyncDisposable {
  readonly server: Server
  readonly port: number
  /** Such as `ftp://ann:secret@127.0.0.1:4711`. */
  readonly url: string
  /** A path in the folder that is served. */
  readonly there: (name: string) => string
  /** A path in a folder for what is fetched. */
  readonly here: (name: string) => string
}

/** Serves a new folder to the user ann, whose password is secret. */
export async function serve(options: ServerOptions = {}): Promise<Served> {
  const folder = temporaryFolder()
  mkdirSync(folder.path('there'))
  mkdirSync(folder.path('here'))
  const users = [{ name: 'ann', password: 'secret' }]
  const server = new Server({ root: folder.path('there'), users, loginDelay: 0, ...options })
  const { port } = await server.listen()
  return {
    server,
    port,
    url: `ftp://ann:secret@127.0.0.1:${port}`,
    there: (name) => folder.path(`there/${name}`),
    here: (name) => folder.path(`here/${name}`),
    async [Symbol.asyncDispose]() {
      await server.close({ drain: false })
      folder[Symbol.dispose]()
    },
  }
}
