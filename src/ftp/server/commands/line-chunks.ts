import type { TextCodec } from '../../protocol/codec.ts'

/** Characters after which lines are sent on. */
const ENOUGH = 32 * 1024

/**
 * Lines as bytes, with CRLF behind each, many in one chunk. A line end in a name would begin a line of its own, so it becomes `?`.
 */
export async function* lineChunks(
  lines: AsyncIterable<string> | Iterable<string>,
  codec: TextCodec,
): AsyncGenerator<Uint8Array> {
  let text = ''
  for await (const line of lines) {
    text += `${line.replace(/[\r\n\0]/g, '?')}\r\n`
    if (text.length < ENOUGH) continue
    yield codec.encode(text)
    text = ''
  }
  if (text !== '') yield codec.encode(text)
}
