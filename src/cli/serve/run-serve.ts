import { systemClock } from '../../clock.ts'
import { Server } from '../../ftp/server/index.ts'
import { counted } from '../counted.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { Failure, oneLine } from '../failure.ts'
import { type Interruption, onInterruption } from '../interruption.ts'
import { checkFolder } from '../paths.ts'
import { LiveLines } from '../progress/live-lines.ts'
import { repeat } from '../progress/repeat.ts'
import { canRedraw, hasColors, hasUnicode } from '../progress/terminal.ts'
import { openShare, tellOutages } from '../redis/open-share.ts'
import { reasonIn } from '../redis/redis-failure.ts'
import type { Share, ShareEvents } from '../redis/share.ts'
import { printable, tell } from '../tell.ts'
import type { ServeOptions } from './serve-options.ts'
import { serverLine } from './server-line.ts'
import { logTo } from './server-log.ts'

/**
 * Runs `sluice serve`, until a signal ends it.
 *
 * @returns The exit code.
 * @throws {Failure} If it can't begin.
 */
export async function runServe(options: ServeOptions): Promise<number> {
  await checkFolder('serve', options.root)
  const lines = new LiveLines(process.stderr)
  /** What is written among live lines stands above them. */
  const above = (stream: NodeJS.WriteStream) => (line: string) => {
    if (stream.isTTY) lines.erase()
    stream.write(`${line}\n`)
  }
  const logger = (line: string, { id }: { readonly id: number }) => above(process.stderr)(`[${id}] ${printable(line)}`)
  const server = new Server({ ...options.server, ...(options.verbose ? { logger } : {}) })
  server.on('error', (error) => {
    lines.erase()
    tell(oneLine(error instanceof Error ? error.message : String(error)), error)
  })
  if (!options.quiet) logTo(server, options.json, above(process.stdout))
  let share: Share | undefined
  try {
    share = await openShare(options.share, shareEvents(options, lines, above(process.stdout)))
    if (share) passBy(share, server)
    return await serve(server, options, lines, share)
  } finally {
    await share?.close()
  }
}

/** Outages are told as they come. */
function shareEvents({ share, json }: ServeOptions, lines: LiveLines, write: (line: string) => void): ShareEvents {
  if (!json) return tellOutages(json, () => lines.erase())
  const say = (event: string, facts: object) =>
    write(JSON.stringify({ event, time: new Date().toISOString(), budget: share?.name, ...facts }))
  return {
    outage: (_, error) => say('outage', { error: reasonIn(error) }),
    recovered: (_, after) => say('recovered', { afterMs: Math.round(after) }),
  }
}

/** What all connections move, in either direction, is of the budget. */
function passBy(share: Share, server: Server): void {
  server.on('connection', ({ throttles }) => {
    throttles.share = share.both
  })
}

async function serve(
  server: Server,
  options: ServeOptions,
  lines: LiveLines,
  share: Share | undefined,
): Promise<number> {
  await listen(server, options)
  const { url } = server
  const budget = share ? { share: share.figures } : {}
  const event = { event: 'listening', time: new Date().toISOString(), url, ...server.address, ...budget }
  process.stdout.write(options.json ? `${JSON.stringify(event)}\n` : `listening on ${url}\n`)
  const stopShowing = show(server, options, lines, share)
  const first = await new Promise<Interruption>((resolve) => onInterruption(resolve))
  const release = onInterruption(() => void server.close({ drain: false }))
  const running = transfersOf(server)
  if (running > 0 && !options.quiet && !options.json) {
    lines.erase()
    const [are, them] = running === 1 ? ['is', 'it'] : ['are', 'them']
    const again = AGAIN[first.signal]
    tell(`${counted(running, 'transfer')} ${are} still running; ${again} to cut ${them}`)
  }
  await server.close()
  release()
  stopShowing()
  return EXIT_CODE[first.signal]
}

/** What cuts transfers that a signal lets end. A second SIGHUP would not: a terminal is closed once. */
const AGAIN = { SIGINT: 'interrupt again', SIGTERM: 'send SIGTERM again', SIGHUP: 'send SIGTERM' } as const

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; choose another one with --port, or any with --port 0',
  EACCES: 'ports below 1024 need more rights; choose another one with --port',
  EADDRNOTAVAIL: 'this machine does not have the address; check --host',
  ENOTFOUND: 'the name of the host is not known; check --host',
}

async function listen(server: Server, { host, port }: ServeOptions): Promise<void> {
  try {
    await server.listen({ host, port })
  } catch (cause) {
    const { code = 'ERR_UNKNOWN', message } = cause as NodeJS.ErrnoException
    const [state = '', advice] = (REASONS[code] ?? oneLine(message)).split('; ')
    throw new Failure(code, `Cannot listen on ${host}:${port}: ${state} (${code})${advice ? `; ${advice}` : ''}`, {
      cause,
    })
  }
}

const transfersOf = (server: Server) => server.connections.filter(({ transfer }) => transfer !== undefined).length

/** Milliseconds between two drawings. */
const REDRAW = 500
const MOST_RATES = 24

/** Shows on a terminal how the server stands. @returns A function that ends it. */
function show(
  server: Server,
  { quiet, json, verbose, limit }: ServeOptions,
  lines: LiveLines,
  share: Share | undefined,
): () => void {
  const { stderr } = process
  if (quiet || json || verbose || !canRedraw(stderr)) return () => {}
  const style = { colors: hasColors(stderr), unicode: hasUnicode() }
  const rates: number[] = []
  const stop = repeat(systemClock, REDRAW, () => {
    const { read, write } = server.throttles.serverGlobal
    const [sent, received] = [write.stats, read.stats]
    rates.push(sent.rate + received.rate)
    if (rates.length > MOST_RATES) rates.shift()
    const now = { connections: server.connections.length, transfers: transfersOf(server), sent, received, limit }
    lines.draw([serverLine({ ...now, share: share?.note }, rates, { ...style, width: lines.width })])
  })
  return () => {
    stop()
    lines.erase()
  }
}
