export { createDuplexPair, type DuplexPairOptions } from './duplex-pair.ts'
export { StuckError } from './stuck-error.ts'
export {
  type AdvanceOptions,
  type RunOptions,
  VirtualClock,
  type VirtualClockOptions,
} from './virtual-clock.ts'
