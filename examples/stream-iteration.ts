/**
 * Iterating over streams: a file line by line, and another one block by block on its way to a third.
 *
 *     npx tsx examples/stream-iteration.ts [host] [port]
 */
import { Client } from 'sluice/ftp'

const [host = 'ftp.example.com', port = '21'] = process.argv.slice(2)
const options = { port: Number(port) }

await Client.context(host, options, async (client) => {
  // Process a file line by line, without loading all of it into memory
  await client.downloadStream('large_file.txt', async (stream) => {
    for await (const line of stream.iterByLine()) {
      const processedLine = line.toString().trim().toUpperCase()
      console.log(`Processed: ${processedLine}`)
    }
  })

  // Process and write blocks. A connection moves one file at a time: what is read comes over another one.
  await using source = await Client.connect(host, options)
  await using input = await source.downloadStream('large_file.txt')
  await client.uploadStream('output_file.txt', async (stream) => {
    for await (const block of input.iterByBlock(4096)) {
      const processedBlock = block.toString('latin1').toUpperCase()
      await stream.write(Buffer.from(processedBlock, 'latin1'))
    }
  })
})
