/**
 * Basic stream operations, with a timeout: asks a web server for its first page.
 *
 *     npx tsx examples/basic-streaming.ts [host] [port]
 */
import { openConnection } from 'sluice'

const [host = 'example.com', port = '80'] = process.argv.slice(2)

const stream = await openConnection({ host, port: Number(port), connectTimeout: 10_000, timeout: 30_000 })
try {
  await stream.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)

  // Line by line
  const statusLine = await stream.readline()
  console.log(`Status: ${statusLine.toString().trim()}`)

  // A certain amount at most
  const data = await stream.read(1024)
  console.log(`Received ${data.length} bytes`)
} finally {
  await stream.close()
}
