import type { FileStat } from '../../files/file-system.ts'
import { formatPermissions } from '../../protocol/listing/permissions.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** What is older than this, in ms, or in the future, shows its year in place of its time, as `ls` does it. */
const HALF_A_YEAR = 180 * 24 * 60 * 60 * 1000

/** A line of LIST, without its end, as `ls -l` writes it; times are UTC. */
export function unixLine(stat: FileStat, name: string, now: Date): string {
  const { type, mode, owner = 'ftp', group = 'ftp', size, modified, target } = stat
  const day = `${MONTHS[modified.getUTCMonth()]} ${`${modified.getUTCDate()}`.padStart(2)}`
  const age = now.getTime() - modified.getTime()
  const hours = modified.toISOString().slice(11, 16)
  const time = age > HALF_A_YEAR || age < 0 ? ` ${modified.getUTCFullYear()}` : hours
  const link = type === 'symlink' && target !== undefined ? ` -> ${target}` : ''
  const columns = [formatPermissions({ type, mode }), '  1', owner.padEnd(8), group.padEnd(8), `${size}`.padStart(12)]
  return `${columns.join(' ')} ${day} ${time} ${name}${link}`
}
