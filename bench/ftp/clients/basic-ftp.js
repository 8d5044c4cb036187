import { readFileSync } from 'node:fs'
import { Client } from 'basic-ftp'
import { costHere } from '../lib/cost.js'
import { caFile } from '../servers/credentials.js'

/** @import { FtpClient, Target } from '../types.d.ts' */

/** @param {Target} target @param {(client: Client) => Promise<unknown>} body */
async function withClient({ host, port, user, password, tls }, body) {
  const client = new Client()
  try {
    const secureOptions = { ca: readFileSync(caFile), host }
    await client.access({ host, port, user, password, ...(tls && { secure: true, secureOptions }) })
    return await costHere(() => body(client))
  } finally {
    client.close()
  }
}

/** It has one connection, and no limits. @type {FtpClient} */
export default {
  name: 'basic-ftp',
  package: 'basic-ftp',
  get: (target, remote, local) => withClient(target, (client) => client.downloadTo(local, remote)),
  put: (target, local, remote) => withClient(target, (client) => client.uploadFrom(local, remote)),
  getTree: (target, remote, local) => withClient(target, (client) => client.downloadToDir(local, remote)),
  putTree: (target, local, remote) => withClient(target, (client) => client.uploadFromDir(local, remote)),
  async list(target, path, each) {
    let entries = 0
    const cost = await withClient(target, async (client) => {
      const all = await client.list(path)
      for (const _ of all) {
        entries++
        each?.()
      }
      if (all.length !== entries) throw new Error('the list has changed') // it is kept until here
    })
    return { ...cost, entries }
  },
}
