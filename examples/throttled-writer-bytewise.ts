/**
 * Bytewise throttling: one character per second.
 *
 *     npx tsx examples/throttled-writer-bytewise.ts [host] [port] [interval in ms]
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { ThrottledStreamWriter } from 'sluice'

const [host = 'localhost', port = '8080', interval = '1000'] = process.argv.slice(2)

const socket = connect(Number(port), host)
await once(socket, 'connect')
const writer = new ThrottledStreamWriter(socket, { minSendIntervalMs: Number(interval) })

// Each byte is a send of its own
await writer.write('Hello World!', { mode: 'bytewise' })

writer.close()
await writer.waitClosed()
