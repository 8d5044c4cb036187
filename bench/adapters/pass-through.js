import { PassThrough } from 'node:stream'

/** @import { Adapter } from '../types.d.ts' */

/** The floor: a stream that limits nothing. @type {Adapter} */
export default {
  name: 'PassThrough',
  openUnbound: () => ({ stream: () => new PassThrough() }),
  web: () => new TransformStream(),
}
