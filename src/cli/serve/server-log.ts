import type { Server, TransferInfo } from '../../ftp/server/index.ts'
import { formatDuration, formatRate, formatSize } from '../../units.ts'
import { oneLine } from '../failure.ts'
import { printable } from '../tell.ts'

const VERBS = { download: 'downloaded', upload: 'uploaded', listing: 'listed' } as const

/** Writes a line for each transfer, and for each login that was refused. */
export function logTo(server: Server, json: boolean, write: (line: string) => void): void {
  const tell = (event: string, facts: object, text: string) => {
    const time = new Date()
    if (json) write(JSON.stringify({ event, time: time.toISOString(), ...facts }))
    else write(`${localTime(time)} ${printable(text)}`)
  }
  server.on('transfer', (connection, phase, transfer) => {
    if (phase === 'end' && transfer.kind !== 'listing') {
      const { user } = transfer
      const { address } = connection
      tell('transfer', { user, address, ...factsOf(transfer) }, `${user}@${address} ${sentence(transfer)}`)
    }
  })
  server.on('login-failed', (connection, name) => {
    const { address } = connection
    tell('login-failed', { user: name, address }, `${address} was refused as ${JSON.stringify(name)}`)
  })
}

function factsOf(transfer: TransferInfo) {
  const { kind, path, bytes, size, duration, rate, error } = transfer
  return {
    kind,
    path,
    bytes,
    sizeBytes: size ?? null,
    elapsedMs: Math.round(duration * 1000) / 1000,
    bytesPerSecond: Math.round(rate),
    error: error === undefined ? null : reason(error),
  }
}

/** `downloaded "/disk.img": 32.0 MiB in 4.00 s, 8.00 MiB/s` */
function sentence({ kind, path, bytes, duration, rate, error }: TransferInfo): string {
  const sum = `${formatSize(bytes)} in ${formatDuration(duration)}`
  const what = `${VERBS[kind]} ${JSON.stringify(path)}`
  return error === undefined ? `${what}: ${sum}, ${formatRate(rate)}` : `${what} in part: ${sum}; ${reason(error)}`
}

const reason = (error: unknown) => oneLine(error instanceof Error ? error.message : String(error))

/** `2026-11-22 08:40:59` */
export function localTime(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-')
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`
}
