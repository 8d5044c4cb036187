// What pages of docs/ leave to you: names that no block of code there declares. A test compiles all blocks with these types.

/** The server to connect to. */
declare const host: string
declare const port: number
declare const user: string
declare const password: string
/** The PEM text of a private key, and of its certificate. */
declare const key: string
declare const cert: string

/** What comes from you, and where it goes. */
declare const source: import('node:stream').Readable
declare const sink: import('node:stream').Writable
declare const bytes: Buffer
/** Names of local files. */
declare const names: readonly string[]
/** Ends what it is given to. */
declare const signal: AbortSignal
declare function log(event: unknown): void

// Of "Run an FTP server" and "Give the FTP server your own file system".
declare const secret: string
declare const other: string
declare const hashOfBob: string
declare function verify(hash: string, password: string): Promise<boolean>
declare const PublishedFiles: new () => import('sluice/ftp-server').FileSystem
declare const StoredFiles: typeof PublishedFiles
declare const filesOfBob: import('sluice/ftp-server').FileSystem
