import * as checksum from './checksum.ts'
import type { CommandRow } from './command-row.ts'
import * as connections from './connections.ts'
import * as directories from './directories.ts'
import * as download from './download.ts'
import * as files from './files.ts'
import * as information from './information.ts'
import * as listing from './listing.ts'
import * as login from './login.ts'
import * as parameters from './parameters.ts'
import * as security from './security.ts'
import * as site from './site.ts'
import * as upload from './upload.ts'

const { USER, PASS, ACCT, REIN, QUIT } = login
const { AUTH, PBSZ, PROT, CCC } = security
const { CWD, CDUP, PWD, MKD, RMD, XCWD, XCUP, XPWD, XMKD, XRMD } = directories
const { DELE, RNFR, RNTO, SIZE, MDTM, MFMT } = files
const { LIST, NLST, MLSD, MLST } = listing
const { RETR } = download
const { STOR, APPE, STOU } = upload
const { PASV, EPSV, PORT, EPRT, ABOR } = connections
const { TYPE, STRU, MODE, REST, ALLO, OPTS } = parameters
const { HASH, XCRC, XMD5, XSHA1, XSHA256, XSHA512 } = checksum
const { SYST, NOOP, CLNT, STAT, FEAT, helpFor } = information

const ROWS: readonly CommandRow[] = [
  ...[USER, PASS, ACCT, REIN, QUIT, AUTH, PBSZ, PROT, CCC],
  ...[CWD, CDUP, PWD, MKD, RMD, XCWD, XCUP, XPWD, XMKD, XRMD],
  ...[DELE, RNFR, RNTO, SIZE, MDTM, MFMT, LIST, NLST, MLSD, MLST],
  ...[RETR, STOR, APPE, STOU, PASV, EPSV, PORT, EPRT, ABOR],
  ...[TYPE, STRU, MODE, REST, ALLO, OPTS],
  ...[HASH, XCRC, XMD5, XSHA1, XSHA256, XSHA512],
  ...[SYST, NOOP, CLNT, STAT, FEAT, helpFor(() => COMMANDS), site.SITE],
]

/** Everything the server can do, by verb. */
export const COMMANDS: ReadonlyMap<string, CommandRow> = new Map(ROWS.map((row) => [row.verb, row]))
