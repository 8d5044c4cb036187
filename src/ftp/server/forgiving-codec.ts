import type { TextCodec } from '../protocol/codec.ts'

/** A codec that writes `?` in place of what it has no bytes for: a name on disk must end neither a listing nor a connection. */
export function forgivingCodec(codec: TextCodec): TextCodec {
  const encodeOne = (character: string): Uint8Array => {
    try {
      return codec.encode(character)
    } catch {
      return Buffer.from('?')
    }
  }
  return {
    decode: (bytes) => codec.decode(bytes),
    encode(text) {
      try {
        return codec.encode(text)
      } catch {
        return Buffer.concat([...text].map(encodeOne))
      }
    },
  }
}
