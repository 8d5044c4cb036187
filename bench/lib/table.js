/**
 * @param {string[]} head
 * @param {string[][]} body
 * @returns {string} A table in Markdown, its columns aligned.
 */
export function table(head, body) {
  const rows = [head, ...body].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, i) => Math.max(3, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (/** @type {string[]} */ row) => `| ${widths.map((w, i) => (row[i] ?? '').padEnd(w)).join(' | ')} |`
  const [first = [], ...rest] = rows
  return [line(first), `| ${widths.map((w) => '-'.repeat(w)).join(' | ')} |`, ...rest.map(line)].join('\n')
}
