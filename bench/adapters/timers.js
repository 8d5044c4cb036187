import { sleep } from '../lib/sleep.js'

/** @import { Adapter } from '../types.d.ts' */

/** What one writes without a library: send, then sleep for the interval. @type {Adapter} */
export default {
  name: 'setTimeout loop',
  sender: (sink, interval) => async (bytes) => {
    sink.write(bytes)
    await sleep(interval)
  },
}
