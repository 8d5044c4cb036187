import type { Entry } from '../../ftp/client/index.ts'
import { formatPermissions } from '../../ftp/protocol/listing/permissions.ts'
import { displayWidth, padTo } from '../progress/display-width.ts'
import { printable } from '../tell.ts'

/** An entry under the name that is shown for it: its path below what was listed. */
export type NamedEntry = Omit<Entry, 'name'> & { readonly name: string }

const TYPES = { file: '-', directory: 'd', symlink: 'l', other: '?' } as const

/** The name, with a slash behind that of a directory. */
export const markedName = ({ name, type }: NamedEntry): string => (type === 'directory' ? `${name}/` : name)

/** Sorts by the numbers of the characters, as `LC_ALL=C ls` does. */
export const byName = (a: NamedEntry, b: NamedEntry): number => (a.name < b.name ? -1 : Number(a.name > b.name))

/**
 * Names in as few lines as fit, down and then across.
 *
 * @param width Columns of a line.
 */
export function inColumns(names: readonly string[], width: number): string[] {
  const shown = names.map(printable)
  const GAP = 2
  for (let rows = 1; rows < shown.length; rows++) {
    const columns = Array.from({ length: Math.ceil(shown.length / rows) }, (_, i) =>
      shown.slice(i * rows, (i + 1) * rows),
    )
    const widths = columns.map((column) => Math.max(...column.map(displayWidth)))
    if (widths.reduce((sum, each) => sum + each + GAP, -GAP) > width) continue
    return Array.from({ length: rows }, (_, row) =>
      columns
        .map((column, i) => padTo(column[row] ?? '', (widths[i] ?? 0) + GAP))
        .join('')
        .trimEnd(),
    )
  }
  return shown
}

/** How wide the columns of {@link longColumns} are, in characters. */
export type ColumnWidths = readonly number[]

/**
 * What is known of each entry but for its name, in aligned columns. A column of which nothing is known is left out.
 *
 * @param least How wide the columns of the entries before them were: columns become wider, but not narrower.
 */
export function longColumns(
  entries: readonly NamedEntry[],
  least: ColumnWidths = [],
): { readonly rows: string[]; readonly widths: ColumnWidths } {
  const table = entries.map((entry) => [
    modeText(entry),
    entry.owner ?? '',
    entry.group ?? '',
    (entry.type === 'file' && entry.bigSize?.toString()) || '-',
    timeText(entry),
  ])
  const widths = [0, 1, 2, 3, 4].map((i) =>
    table.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), least[i] ?? 0),
  )
  const SIZE = 3
  const rows = table.map((row) =>
    row
      .map((text, i) => (i === SIZE ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .filter((_, i) => (widths[i] ?? 0) > 0)
      .map(printable)
      .join('  '),
  )
  return { rows, widths }
}

/** `drwxr-xr-x`, or the first letter alone. */
function modeText({ type, mode }: NamedEntry): string {
  return mode === undefined ? TYPES[type] : formatPermissions({ type, mode })
}

/** `2026-11-22 08:40`, in the zone of this machine; the day alone where no more is known. */
function timeText({ modified, modifiedTo }: NamedEntry): string {
  if (!modified) return ''
  if (modifiedTo === 'day') return modified.toISOString().slice(0, 10)
  const two = (value: number) => String(value).padStart(2, '0')
  const date = [modified.getFullYear(), two(modified.getMonth() + 1), two(modified.getDate())].join('-')
  return `${date} ${two(modified.getHours())}:${two(modified.getMinutes())}`
}

/** What is known of an entry, for programs. Names that are no UTF-8 have `\udc80` to `\udcff` for the bytes that are not. */
export function toJson({ name, type, size, modified, mode, owner, group, target }: NamedEntry): string {
  return JSON.stringify({
    name,
    type,
    size: size ?? null,
    modified: modified?.toISOString() ?? null,
    mode: mode === undefined ? null : mode.toString(8).padStart(4, '0'),
    owner: owner ?? null,
    group: group ?? null,
    target: target ?? null,
  })
}
