// Runs one server until whoever started it lets go of it. Started by index.js.

/** @import { ServerHere, ServerSpec } from '../types.d.ts' */

const spec = /** @type {ServerSpec} */ (JSON.parse(String(process.argv[2])))
const { start } = /** @type {{ start(spec: ServerSpec): Promise<ServerHere> }} */ (await import(`./${spec.name}.js`))
const server = await start(spec)

// Ctrl-C reaches all; whoever started this ends too, and then this does, in order.
process.on('SIGINT', () => {})
process.on('message', () => process.send?.(server.memory()))
process.on('disconnect', async () => {
  await server.stop()
  process.exit(0)
})
process.send?.(server.target)
