import { formatRate, formatSize } from '../../../units.ts'
import type { Answer } from '../session/refusal.ts'
import { Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import { hashFeature } from './checksum.ts'
import type { CommandRow } from './command-row.ts'
import { factsFeature } from './facts.ts'
import { statListing } from './listing.ts'

export const SYST: CommandRow = {
  verb: 'SYST',
  syntax: '',
  source: 'RFC 959 4.1.3',
  summary: 'Tells the kind of system, which is how LIST looks',
  isFree: true,
  run: () => [215, 'UNIX Type: L8'],
}

export const NOOP: CommandRow = {
  verb: 'NOOP',
  syntax: '',
  source: 'RFC 959 4.1.3',
  summary: 'Does nothing; answered in mid-transfer too',
  isFree: true,
  run: () => [200, 'OK'],
}

export const CLNT: CommandRow = {
  verb: 'CLNT',
  syntax: '<name>',
  source: 'no standard',
  summary: 'Says which client it is; nothing depends on it',
  isFree: true,
  run: () => [200, 'OK'],
}

export const STAT: CommandRow = {
  verb: 'STAT',
  syntax: '[<path>]',
  source: 'RFC 959 4.1.3',
  summary: 'Tells how things are, in mid-transfer too; with a path, lists it on the control connection',
  run: (session, argument) =>
    argument === '' ? [211, ['Status', ...status(session), 'End']] : statListing(session, argument),
}

export const FEAT: CommandRow = {
  verb: 'FEAT',
  syntax: '',
  source: 'RFC 2389 3',
  summary: 'Tells what there is beyond RFC 959',
  isFree: true,
  run: (session) => [211, ['Features', ...features(session).map((feature) => ` ${feature}`), 'End']],
}

function features(session: Session): string[] {
  const { settings, tls } = session.host
  return [
    ...(tls ? ['AUTH TLS', 'PBSZ', 'PROT'] : []),
    'CLNT',
    ...(settings.allowActive ? ['EPRT'] : []),
    'EPSV',
    `HASH ${hashFeature(session)}`,
    'MDTM',
    'MFMT',
    `MLST ${factsFeature(session)}`,
    'PASV',
    'REST STREAM',
    'SIZE',
    'TVFS',
    ...(settings.isUtf8 ? ['UTF8'] : []),
    'XCRC "filename" SP EP',
    'XMD5 "filename" SP EP',
    'XSHA1 "filename" SP EP',
    'XSHA256 "filename" SP EP',
    'XSHA512 "filename" SP EP',
  ]
}

function status(session: Session): string[] {
  const { data, transfer } = session
  const lines = [
    ` Logged in as ${session.user}`,
    ` Type ${data.type}, structure F, mode S, protection ${data.protection}`,
    ` ${formatSize(session.bytesRead)} received and ${formatSize(session.bytesWritten)} sent in all`,
  ]
  if (!transfer) return [...lines, session.isBusy ? ' Waiting for a data connection' : ' No transfer is running']
  const { verb, path, bytes, size, rate } = transfer
  const of = size === undefined ? '' : ` of ${formatSize(size)}`
  return [...lines, ` ${verb} ${path}: ${formatSize(bytes)}${of}, ${formatRate(rate)}`]
}

/** HELP needs the table it stands in. */
export function helpFor(rows: () => ReadonlyMap<string, CommandRow>): CommandRow {
  return {
    verb: 'HELP',
    syntax: '[<command>]',
    source: 'RFC 959 4.1.3',
    summary: 'Tells the commands, or about one of them',
    isFree: true,
    run: (_, argument): Answer => {
      const verb = argument.trim().toUpperCase()
      if (verb === '') return [214, ['Commands', ...columns([...rows().keys()]), 'End']]
      const row = rows().get(verb)
      if (!row) throw new Refusal(502, 'There is no such command')
      return [214, ['Help', ` ${row.verb} ${row.syntax}`.trimEnd(), ` ${row.summary}`, 'End']]
    },
  }
}

function columns(words: readonly string[]): string[] {
  const lines: string[] = []
  for (let i = 0; i < words.length; i += 8) {
    lines.push(
      ` ${words
        .slice(i, i + 8)
        .map((word) => word.padEnd(8))
        .join('')}`.trimEnd(),
    )
  }
  return lines
}
