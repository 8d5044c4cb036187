/** An address in front of a server, which can be slow, lose touch without closing anything, and lead elsewhere from some time on. */
export class Relay {
  /** The port on the loopback that new connections lead to. */
  target: number
  /** Milliseconds each way, from now on. Default 0. */
  delay: number
  /** Whether nothing comes through; what was sent meanwhile comes through afterwards, as TCP has it. */
  cut: boolean
  private constructor(port: number)
  static start(port: number): Promise<Relay>
  get url(): string
  close(): Promise<void>
}
