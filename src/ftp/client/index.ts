export {
  ChangedError,
  ChecksumError,
  ProtocolError,
  ReplyError,
  TruncatedError,
  UnsafeNameError,
} from '../errors.ts'
