import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { serve } from './cli-ftp-server.ts'
import { jsonOf, sluice } from './cli-sluice.ts'
import { readTree, writeTree } from './fixtures/tree.ts'

const TREE = { 'a/': '', 'a/b/': '', 'a/b/c': 'deep', 'a/d': 'data', e: 'top' }

test('sluice mirror makes a folder like a directory, and then finds nothing to do', async () => {
  await using served = await serve()
  writeTree(served.there(''), TREE)
  const args = ['mirror', `${served.url}/`, served.here('copy'), '-p', '2', '--json']
  expect(jsonOf(await sluice(args))).toMatchObject({ outcome: 'done', files: 3, unchanged: 0, removed: 0 })
  expect(readTree(served.here('copy'))).toEqual(TREE)
  expect(jsonOf(await sluice(args))).toMatchObject({ outcome: 'done', files: 0, unchanged: 3, bytes: 0 })
})

test('sluice mirror makes a directory like a folder, and removes with --delete only', async () => {
  await using served = await serve()
  mkdirSync(served.here('site'))
  writeTree(served.here('site'), TREE)
  mkdirSync(served.there('www/old'), { recursive: true })
  writeFileSync(served.there('www/old/file'), 'x')
  const args = ['mirror', served.here('site'), `${served.url}/www`]
  expect(await sluice(args)).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(served.there('www'))).toEqual(['a', 'e', 'old'])
  expect(jsonOf(await sluice([...args, '--delete', '--json']))).toMatchObject({ outcome: 'done', files: 0, removed: 2 })
  expect(readTree(served.there('www'))).toEqual(TREE)
})

test('sluice mirror --dry-run tells what would be done, and does nothing', async () => {
  await using served = await serve()
  mkdirSync(served.here('site'))
  writeTree(served.here('site'), TREE)
  const args = ['mirror', served.here('site'), `${served.url}/www`]
  await sluice(args)
  rmSync(served.here('site/e'))
  writeFileSync(served.here('site/new'), 'new one')
  const before = readTree(served.there('www'))
  const { code, stdout, stderr } = await sluice([...args, '--delete', '--dry-run'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.toString().trimEnd().split('\n').sort()).toEqual([
    'remove-file       e (3 B): extra',
    'upload            new (7 B): missing',
  ])
  expect(readTree(served.there('www'))).toEqual(before)
  const lines = (await sluice([...args, '-n', '--json'])).stdout.toString()
  expect(JSON.parse(lines)).toEqual({ action: 'upload', path: 'new', reason: 'missing', size: 7 })
})

test('sluice mirror --compare size looks at no times', async () => {
  await using served = await serve()
  mkdirSync(served.here('site'))
  writeFileSync(served.here('site/file'), 'here')
  writeFileSync(served.there('file'), 'sent')
  const args = ['mirror', served.here('site'), `${served.url}/`, '--json', '--compare']
  expect(jsonOf(await sluice([...args, 'size']))).toMatchObject({ files: 0, unchanged: 1 })
  expect(jsonOf(await sluice([...args, 'checksum']))).toMatchObject({ files: 1, unchanged: 0 })
})
