/**
 * Basic throttling: at most 10 writes per second.
 *
 *     npx tsx examples/throttled-writer-basic.ts [host] [port] [interval in ms]
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { ThrottledStreamWriter } from 'sluice'

const [host = 'localhost', port = '8080', interval = '100'] = process.argv.slice(2)

const socket = connect(Number(port), host)
await once(socket, 'connect')
const writer = new ThrottledStreamWriter(socket, { minSendIntervalMs: Number(interval) })

for (let i = 0; i < 5; i++) {
  await writer.write(`Message ${i}\n`)
}

writer.close()
await writer.waitClosed()
