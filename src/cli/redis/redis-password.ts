import { firstLineOf } from '../first-line.ts'
import type { RedisUrl } from './redis-url.ts'

export interface PasswordSources {
  readonly passwordFile?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * The password of a Redis: that of the URL, else the first line of the file, else `SLUICE_REDIS_PASSWORD`.
 *
 * @throws {Failure} If the file can't be read.
 */
export async function passwordFor(
  { password }: Pick<RedisUrl, 'password'>,
  { passwordFile, env }: PasswordSources,
): Promise<string | undefined> {
  if (password !== undefined) return password
  if (passwordFile === undefined) return env.SLUICE_REDIS_PASSWORD || undefined
  return await firstLineOf(passwordFile)
}
