/** A text as errors show it: quoted, so that control characters can be seen, and not longer than helps. */
export function show(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
