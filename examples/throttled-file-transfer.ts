// Talks to a server under a limit in each direction. Usage: throttled-file-transfer.ts [HOST [PORT]]
import { openThrottledConnection, StreamThrottle, Throttle, TimeoutError } from 'sluice'

const [host = 'ftp.example.com', port = '21'] = process.argv.slice(2)

// Create throttles for rate limiting
const readThrottle = new Throttle({ limit: '1MiB/s' })
const writeThrottle = new Throttle({ limit: '512KiB/s' })
const streamThrottle = new StreamThrottle(readThrottle, writeThrottle)

try {
  // Create a throttled stream; it is closed at the end of the block
  await using throttledStream = await openThrottledConnection({
    host,
    port: Number(port),
    throttles: { default: streamThrottle },
    timeout: 60_000,
  })
  console.log(`Greeting: ${(await throttledStream.readline()).toString().trim()}`)

  // Transfers are rate-limited by themselves
  await throttledStream.write('USER anonymous\r\n')
  const response = await throttledStream.readline()
  console.log(`Response: ${response.toString().trim()}`)
  console.log(`Moved ${readThrottle.stats.bytes} bytes in and ${writeThrottle.stats.bytes} out`)
} catch (error) {
  if (!(error instanceof TimeoutError)) throw error
  console.log('Operation timed out')
}
