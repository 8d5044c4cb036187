import type { DataChannel } from '../data/data-channel.ts'
import { Refusal } from './refusal.ts'

/** How the next data connection is to be: what a client sets by commands of their own before a transfer. */
export class DataSettings {
  /**
   * `A` turns line ends into CRLF and back. RFC 959 begins with that; here `I` is what a session begins with, since clients that say nothing mean
   * bytes, and their files would come out changed.
   */
  type: 'A' | 'I' = 'I'
  /** Where the next transfer begins, in bytes (REST). */
  restart = 0
  /** `P` encrypts (PROT). */
  protection: 'C' | 'P'
  /** PBSZ must come before PROT. */
  hasBufferSize: boolean
  /** After `EPSV ALL` nothing else is allowed (RFC 2428 section 4). */
  onlyExtendedPassive = false
  #channel: DataChannel | undefined

  /** @param isImplicit Whether TLS was there from the start: then data connections have it too. */
  constructor(isImplicit: boolean) {
    this.protection = isImplicit ? 'P' : 'C'
    this.hasBufferSize = isImplicit
  }

  get hasChannel(): boolean {
    return this.#channel !== undefined
  }

  /** Agrees upon a data connection, in place of one before. */
  setChannel(channel: DataChannel | undefined): void {
    this.#channel?.close()
    this.#channel = channel
  }

  /** Hands over the data connection that was agreed upon. It is the caller's. */
  takeChannel(): DataChannel {
    const channel = this.#channel
    if (!channel) throw new Refusal(425, 'Use EPSV or PASV first')
    this.#channel = undefined
    return channel
  }

  /** The restart position, for this once. */
  takeRestart(): number {
    const restart = this.restart
    this.restart = 0
    return restart
  }
}
