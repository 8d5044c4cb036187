import { SluiceError } from '../errors.ts'

/** Bytes had come where there must be none, such as text in the clear behind the agreement to go over to TLS. */
export class UnexpectedDataError extends SluiceError {
  readonly code = 'ERR_SLUICE_UNEXPECTED_DATA'
  /** How many bytes. */
  readonly length: number
  constructor(action: string, length: number, options?: ErrorOptions) {
    super(`Cannot ${action}: ${length} bytes have come that were not read`, options)
    this.length = length
  }
}
