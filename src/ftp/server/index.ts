export { ProtocolError, ReplyError } from '../errors.ts'
export { DiskFileSystem, type DiskFileSystemOptions } from '../files/disk-file-system.ts'
export { FileError } from '../files/file-error.ts'
export type {
  FileStat,
  FileSystem,
  FileSystemOptions,
  FileType,
  OpenFile,
  OpenMode,
  StatOptions,
} from '../files/file-system.ts'
export { type FileContent, MemoryFileSystem, type MemoryFileSystemOptions } from '../files/memory-file-system.ts'
export type { Encoding, TextCodec } from '../protocol/codec.ts'
export { type CloseOptions, type ListenOptions, Server, type ServerAddress, type ServerThrottles } from './server.ts'
export type { ServerEvents } from './server-events.ts'
export type { RequiredTls, ServerLimits, ServerOptions } from './server-options.ts'
export type { ConnectionInfo, TransferInfo } from './session/connection-info.ts'
export type { ServerLimit } from './throttles/server-limit.ts'
export { StreamThrottlePattern, ThrottlePattern } from './throttles/throttle-pattern.ts'
export type { Action, Allowed, PermissionRule, Permissions } from './users/permissions.ts'
export type { Login, User, UserLimits, UserProfile } from './users/user.ts'
export type { AnonymousUser, UserManager } from './users/user-manager.ts'
export type { ServerUser, UserThrottles } from './users/user-state.ts'
