/**
 * Quick start: a connection whose writes keep 100 ms apart.
 *
 *     npx tsx examples/throttled-writer-quick-start.ts [host] [port] [interval in ms]
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { ThrottledStreamWriter } from 'sluice'

const [host = 'example.com', port = '80', interval = '100'] = process.argv.slice(2)

// Create a regular connection
const socket = connect(Number(port), host)
await once(socket, 'connect')

// Wrap it
const writer = new ThrottledStreamWriter(socket)

// Set the minimum interval between writes, in milliseconds
writer.setMinSendIntervalMs(Number(interval))

// Write data with throttling
await writer.write('Hello, ')
await writer.write('World!')

// Clean up
writer.close()
await writer.waitClosed()
