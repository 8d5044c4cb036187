import type { TextCodec } from '../../protocol/codec.ts'

/** Characters after which lines are sent on. */
const ENOUGH = 32 * 1024

/**
 * Lines as bytes, with CRLF behind each, many in one chunk. A line end in a name would begin a line of its own, so it becomes `?`, and so does what
 * can't be encoded.
 */
export async function* lineChunks(
  lines: AsyncIterable<string> | Iterable<string>,
  codec: TextCodec,
): AsyncGenerator<Uint8Array> {
  let text = ''
  for await (const line of lines) {
    text += `${line.replace(/[\r\n\0]/g, '?')}\r\n`
    if (text.length < ENOUGH) continue
    yield encode(text, codec)
    text = ''
  }
  if (text !== '') yield encode(text, codec)
}

function encode(text: string, codec: TextCodec): Uint8Array {
  try {
    return codec.encode(text)
  } catch {
    return Buffer.concat([...text].map((character) => encodeOne(character, codec)))
  }
}

function encodeOne(character: string, codec: TextCodec): Uint8Array {
  try {
    return codec.encode(character)
  } catch {
    return Buffer.from('?')
  }
}
