/** Milliseconds until Redis must have answered. */
export const PATIENCE = 5000

/** Redis did not answer in time. */
export class Silence extends Error {
  override readonly name = 'Silence'
}
