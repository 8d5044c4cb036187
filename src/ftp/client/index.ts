export {
  ChangedError,
  ChecksumError,
  ProtocolError,
  ReplyError,
  TlsError,
  type TlsRemedy,
  TruncatedError,
  UnsafeNameError,
} from '../errors.ts'
export { FileError } from '../files/file-error.ts'
export type { CodeMask } from '../protocol/code-mask.ts'
export type { Encoding, TextCodec } from '../protocol/codec.ts'
export type { Features } from '../protocol/features.ts'
export type { Entry, EntryType } from '../protocol/listing/entry.ts'
export type { Reply } from '../protocol/reply.ts'
export { Client, type StreamBody } from './client.ts'
export type { ActiveOptions, ClientOptions, ConnectTarget } from './client-options.ts'
export { DataConnectionThrottleStreamIO, type FinishOptions } from './data/data-connection.ts'
export type { DataStreamOptions } from './data/data-stream-options.ts'
export type { DownloadBytesOptions } from './download-to.ts'
export type { ListOptions } from './file-commands.ts'
export type { ListedEntry, Listing } from './listing/listing.ts'
export type { LogEntry, Logger } from './log.ts'
export type { MirrorAction, MirrorOptions, MirrorSummary } from './mirror/mirror-types.ts'
export type { Checksum, ChecksumAlgorithm } from './operations/checksum.ts'
export { ClientPool, type ClientPoolOptions, type ClientPoolStats, type PoolCloseOptions } from './pool/client-pool.ts'
export type { CommandOptions } from './session/session.ts'
export type { Timeouts } from './timeouts.ts'
export type { ChunkSource, WebReadable } from './transfer/origins/chunk-reader.ts'
export type {
  CommonTransferOptions,
  DownloadOptions,
  PathPatterns,
  RetryOptions,
  TransferFailure,
  TransferProgress,
  TransferSummary,
  TreeOptions,
  UploadOptions,
} from './transfer/transfer-types.ts'
export type { Comparison } from './trees/compare.ts'
