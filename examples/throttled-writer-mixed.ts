/**
 * Throttled and unthrottled writes, mixed: a fast handshake, then data at intervals, then a fast goodbye.
 *
 *     npx tsx examples/throttled-writer-mixed.ts [host] [port] [interval in ms]
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { ThrottledStreamWriter } from 'sluice'

const [host = 'localhost', port = '8080', interval = '500'] = process.argv.slice(2)

const socket = connect(Number(port), host)
await once(socket, 'connect')
const writer = new ThrottledStreamWriter(socket, { minSendIntervalMs: Number(interval) })

// Fast initial handshake
await writer.write('CONNECT\n', { mode: 'no_throttle' })

// Throttled data transmission
for (let i = 0; i < 3; i++) {
  await writer.write(`DATA ${i}\n`, { mode: 'whole' })
}

// Fast closing
await writer.write('QUIT\n', { mode: 'no_throttle' })

writer.close()
await writer.waitClosed()
