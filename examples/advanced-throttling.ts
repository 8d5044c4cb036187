/**
 * Different throttles for different transfers.
 *
 *     npx tsx examples/advanced-throttling.ts [host] [port] [folder with small_file.txt and large_file.txt]
 */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { StreamThrottle } from 'sluice'
import { Client } from 'sluice/ftp'

const [host = 'ftp.example.com', port = '21', folder = '.'] = process.argv.slice(2)

const fastThrottle = StreamThrottle.fromLimits({ readSpeedLimit: '10MiB/s', writeSpeedLimit: '10MiB/s' })
const slowThrottle = StreamThrottle.fromLimits({ readSpeedLimit: '256KiB/s', writeSpeedLimit: '256KiB/s' })

// Everything passes the fast throttle
await Client.context(host, { port: Number(port), throttles: { client: fastThrottle } }, async (client) => {
  // Fast upload of a small file
  await client.upload(join(folder, 'small_file.txt'), 'small_remote.txt')

  // Throttled upload of a large file, which leaves bandwidth for others
  await client.uploadStream('large_file.txt', async (stream) => {
    stream.throttles.upload = slowThrottle
    for await (const chunk of createReadStream(join(folder, 'large_file.txt'), { highWaterMark: 8192 })) {
      await stream.write(chunk)
    }
  })
})
console.log(`Fast: ${fastThrottle.write.stats.bytes} bytes, slow: ${slowThrottle.write.stats.bytes} bytes`)
