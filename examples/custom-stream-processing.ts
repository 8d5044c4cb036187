/**
 * A throttle of one's own, which watches the transfers that pass it.
 *
 *     npx tsx examples/custom-stream-processing.ts [host] [port] [folder to write to]
 */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { formatRate, StreamThrottle, Throttle, type ThrottleOptions } from 'sluice'
import { Client } from 'sluice/ftp'

const [host = 'ftp.example.com', port = '21', folder = '.'] = process.argv.slice(2)
const MIB = 1024 * 1024

/** Tells of each MiB that has passed. */
class MonitoredThrottle extends Throttle {
  totalBytes = 0
  readonly #startedAt: number

  constructor(options?: ThrottleOptions) {
    super(options)
    this.#startedAt = this.clock.now()
  }

  override append(data: Uint8Array | number, start?: number): void {
    super.append(data, start)
    const before = this.totalBytes
    this.totalBytes += typeof data === 'number' ? data : data.byteLength
    if (Math.floor(this.totalBytes / MIB) === Math.floor(before / MIB)) return
    const elapsed = this.clock.now() - this.#startedAt
    console.log(`Transferred ${this.totalBytes} bytes at ${formatRate((this.totalBytes * 1000) / elapsed)}`)
  }
}

const reading = new MonitoredThrottle({ limit: '2MiB/s' })
const monitored = new StreamThrottle(reading, new MonitoredThrottle({ limit: '2MiB/s' }))

await Client.context(host, { port: Number(port) }, async (client) => {
  await client.downloadStream('large_file.zip', async (stream) => {
    stream.throttles.monitored = monitored
    await using file = await open(join(folder, 'downloaded_file.zip'), 'w')
    for await (const chunk of stream.iterByBlock(64 * 1024)) await file.writeFile(chunk)
  })
})
console.log(`Done after ${reading.totalBytes} bytes`)
