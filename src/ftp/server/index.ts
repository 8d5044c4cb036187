export { ProtocolError, ReplyError } from '../errors.ts'
