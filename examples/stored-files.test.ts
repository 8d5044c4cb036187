/**
 * Holds a file system to all that the FTP server counts on.
 *
 *     node --import tsx --test examples/stored-files.test.ts
 */
import { test } from 'node:test'
import { fileSystemContract } from 'sluice/testing'
import { StoredFiles } from './stored-files.ts'

fileSystemContract({
  test,
  create: () => ({ files: new StoredFiles() }),
  without: ['setMode', 'argumentChecks'],
})
