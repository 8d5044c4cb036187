import type { BudgetState } from '../../redis/index.ts'
import { type Cell, type Column, type TableStyle, tableLines } from './columns.ts'
import { limitText, percentText, rateText, useOf } from './standing.ts'

/** A budget in a list; or why nothing can be told of it. */
export interface Listed {
  readonly name: string
  readonly found: BudgetState | Error
}

const COLUMNS: readonly Column[] = [
  { title: 'budget' },
  { title: 'limit', align: 'right' },
  { title: 'members', align: 'right' },
  { title: 'used', align: 'right' },
  { title: '', align: 'right' },
  { title: '' },
]

/**
 * What `sluice budget ls` shows.
 *
 * ```text
 * budget     limit  members        used
 * backup  no limit        0       0 B/s
 * uplink  20 MiB/s        8  19.8 MiB/s  99%
 * ```
 */
export function budgetTable(budgets: readonly Listed[], style: TableStyle): string[] {
  return tableLines(COLUMNS, budgets.map(rowOf), style)
}

function rowOf({ name, found }: Listed): readonly Cell[] {
  const nothing: Cell = { text: '-', color: 'dim' }
  if (found instanceof Error) {
    return [{ text: name }, nothing, nothing, nothing, { text: '' }, { text: 'can not be used', color: 'yellow' }]
  }
  const { rate, part, members } = useOf(found)
  const isQuiet = members === 0
  return [
    { text: name },
    { text: limitText(found.limit), color: found.limit === null ? 'dim' : undefined },
    { text: String(members), color: isQuiet ? 'dim' : undefined },
    { text: rateText(rate), color: isQuiet ? 'dim' : undefined },
    { text: isQuiet ? '' : percentText(part) },
    { text: found.paused ? 'paused' : '', color: 'yellow' },
  ]
}
