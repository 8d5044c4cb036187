/** Redis did not answer in time. */
export class Silence extends Error {
  override readonly name = 'Silence'
}
