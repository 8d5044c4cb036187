export { StuckError } from './stuck-error.ts'
export {
  type AdvanceOptions,
  type RunOptions,
  VirtualClock,
  type VirtualClockOptions,
} from './virtual-clock.ts'
