export { createDuplexPair, type DuplexPairOptions } from './duplex-pair.ts'
export {
  type FileSystemContractOptions,
  type FileSystemFeature,
  type FileSystemUnderTest,
  fileSystemContract,
} from './file-system-contract.ts'
export {
  type AnswerFtpOptions,
  answerFtp,
  type FtpAnswer,
  type FtpAnswers,
  type FtpCall,
  type FtpCommand,
} from './scripted-peer/answer-ftp.ts'
export type { Cut } from './scripted-peer/cut.ts'
export { DataPort } from './scripted-peer/data-port.ts'
export { PeerSession } from './scripted-peer/peer-session.ts'
export { PeerStream, type Sendable, type SendOptions } from './scripted-peer/peer-stream.ts'
export { ScriptError } from './scripted-peer/script-error.ts'
export { type PeerScript, ScriptedPeer, type ScriptedPeerOptions } from './scripted-peer/scripted-peer.ts'
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
