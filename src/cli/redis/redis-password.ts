import { readFile } from 'node:fs/promises'
import { ioFailure } from '../failure.ts'
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
  try {
    const [line = ''] = (await readFile(passwordFile, 'utf8')).split(/\r?\n/, 1)
    return line
  } catch (error) {
    throw ioFailure('read', JSON.stringify(passwordFile), error)
  }
}
