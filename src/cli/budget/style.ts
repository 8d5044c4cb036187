import { hasColors, hasUnicode } from '../progress/terminal.ts'
import type { TableStyle } from './columns.ts'

/** How a table may look on a stream. Where there is no terminal names are shown in full. */
export function styleOf(stream: NodeJS.WriteStream): TableStyle {
  const width = stream.isTTY ? stream.columns || 80 : Infinity
  return { width, colors: hasColors(stream), unicode: hasUnicode() }
}
