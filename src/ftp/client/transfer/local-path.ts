import { textCodec } from '../../protocol/codec.ts'

const UTF8 = textCodec('utf8')
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * A local path for Node. One with bytes that are no UTF-8, which stand as lone surrogates in names from a server, goes as bytes: so the copy has the very
 * name of the original.
 */
export function localPath(path: string | Buffer): string | Buffer {
  return typeof path === 'string' && LONE_SURROGATE.test(path) ? UTF8.encode(path) : path
}
