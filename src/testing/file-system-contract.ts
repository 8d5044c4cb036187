import { directories } from './file-system-contract/directories.ts'
import { openFiles } from './file-system-contract/open-files.ts'
import { refusals } from './file-system-contract/refusals.ts'
import { contractOf, type FileSystemContractOptions } from './file-system-contract/set-up.ts'

/**
 * Registers the tests that every `FileSystem` passes that can be written: what is there, what files hold, what changes do, and how it
 * refuses what can't be. Symbolic links are not of the contract.
 *
 * ```ts
 * import { test } from 'node:test'
 *
 * fileSystemContract({ test, create: () => ({ files: new MemoryFileSystem() }) })
 * ```
 */
export function fileSystemContract(options: FileSystemContractOptions): void {
  const contract = contractOf(options)
  directories(contract)
  openFiles(contract)
  refusals(contract)
}

export type {
  FileSystemContractOptions,
  FileSystemFeature,
  FileSystemUnderTest,
} from './file-system-contract/set-up.ts'
