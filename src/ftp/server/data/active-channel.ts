import { connect, type Socket } from 'node:net'
import { ClosedError } from '../../../errors.ts'
import { type WaitLimits, waitFor } from '../wait-for.ts'
import { type DataChannel, ignore } from './data-channel.ts'

export interface ActiveOptions {
  /** Where the client waits. */
  readonly host: string
  readonly port: number
  /** Our end of the control connection: the client may expect us from there only. */
  readonly localAddress: string | undefined
}

/** Connects to the client, where PORT or EPRT has asked for it. */
export class ActiveChannel implements DataChannel {
  readonly #options: ActiveOptions

  constructor(options: ActiveOptions) {
    this.#options = options
  }

  async open(limits: Omit<WaitLimits, 'phase'>): Promise<Socket> {
    const { host, port, localAddress } = this.#options
    const local = localAddress === undefined ? {} : { localAddress }
    const socket = connect({ host, port, ...local, allowHalfOpen: true, noDelay: true })
    socket.on('error', ignore)
    try {
      await waitFor<void>({ ...limits, phase: 'data connect' }, (resolve, reject) => {
        const open = () => resolve()
        const close = () => reject(socket.errored ?? new ClosedError('open the data connection'))
        socket.on('connect', open)
        socket.on('close', close)
        return () => {
          socket.off('connect', open)
          socket.off('close', close)
        }
      })
    } catch (error) {
      socket.destroy()
      throw error
    }
    return socket
  }

  /** There is nothing to give back: the connection is made in {@link ActiveChannel.open} and is the caller's then. */
  close(): void {}
}
