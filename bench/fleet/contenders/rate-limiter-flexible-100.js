import { openQueue } from './rate-limiter-flexible.js'

/** @import { Contender } from '../types.d.ts' */

/** As its own script, but with a window in ms. */
const SCRIPT = `
redis.call('set', KEYS[1], 0, 'PX', 100, 'NX')
local consumed = redis.call('incrby', KEYS[1], ARGV[1])
return {consumed, redis.call('pttl', KEYS[1])}
`

/** @type {Contender} */
export default {
  name: 'rate-limiter-flexible, 100 ms',
  settings: 'the same with windows of 100 ms, by a script of the user (`customIncrTtlLuaScript`)',
  open: (place) => openQueue(place, Math.floor(place.limit / 10), { customIncrTtlLuaScript: SCRIPT }),
}
