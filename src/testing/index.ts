export { createDuplexPair, type DuplexPairOptions } from './duplex-pair.ts'
export { StuckError } from './stuck-error.ts'
export {
  type ContractClock,
  type ContractSettings,
  type ThrottleContractOptions,
  type ThrottleUnderTest,
  throttleContract,
} from './throttle-contract.ts'
export {
  type AdvanceOptions,
  type RunOptions,
  VirtualClock,
  type VirtualClockOptions,
} from './virtual-clock.ts'
