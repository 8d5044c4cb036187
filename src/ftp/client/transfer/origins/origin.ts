import type { Checksum, ChecksumAlgorithm } from '../../operations/checksum.ts'

/** What is known of it before it is uploaded. */
export interface OriginFile {
  /** Bytes. */
  readonly size?: number | undefined
  readonly modified?: Date | undefined
  /** When it was last changed in any way: put in the place of another one, for example, with the time that it had elsewhere. */
  readonly changed?: Date | undefined
}

/** Where an upload comes from. */
export interface Origin {
  /** Whether its bytes can be had from there on. */
  canBeginAt(position: number): boolean
  /** Whether an error has come from here, so that a further attempt would be in vain. */
  isOwn(error: unknown): boolean
  /** Gets ready while others have the connection. Never rejects: what goes wrong is told by {@link look}. */
  prepare?(): Promise<void>
  /** Gets ready. The same is said each time. */
  look(): Promise<OriginFile>
  /** A checksum will be asked for. */
  expect(algorithm: ChecksumAlgorithm): void
  /**
   * Its bytes from `position` on. Each chunk is used until the next one is asked for.
   *
   * @param signal Ends a wait for the next one.
   * @throws {ChangedError} Before the end, if these are not as many as there were to be, or were changed meanwhile.
   */
  chunks(position: number, signal: AbortSignal): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** @throws {ChecksumError} If the server has other bytes. */
  compare(remote: string, expected: Checksum, signal: AbortSignal): Promise<void>
  /** The upload is over. @param failure What it has failed with. */
  close(failure?: { readonly error: unknown }): Promise<void>
}
