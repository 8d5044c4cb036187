import assert from 'node:assert/strict'
import { all, type Contract, get, put, shown, WHOLE } from './set-up.ts'

const NAMES = [
  ' spaces  inside and around ',
  'ünï',
  '日本語',
  '-rf',
  '"quotes\'',
  'new\nline',
  '~',
  '*',
  '...',
  'back\\slash',
]

const RENAMES = [
  ['gives another name', '/file', '/new', ['directory empty', 'directory full', 'file new', 'file other']],
  ['moves', '/file', '/empty/file', ['directory empty', 'directory full', 'file other']],
  ['replaces a file', '/file', '/other', ['directory empty', 'directory full', 'file other']],
  ['replaces an empty directory', '/full', '/empty', ['directory empty', 'file file', 'file other']],
  ['to itself does nothing', '/file', '/file', WHOLE],
  ['moves a directory', '/full', '/empty/full', ['directory empty', 'file file', 'file other']],
  [
    'takes a name that begins as the old one',
    '/full',
    '/fuller',
    ['directory empty', 'directory fuller', 'file file', 'file other'],
  ],
] as const

/** What there is, and how that changes. */
export function directories({ has, hold }: Contract): void {
  hold('stat() tells of files and directories', async (files) => {
    const told = async (path: string, follow = true) => {
      const { name, type, size, modified, mode } = await files.stat(path, { follow })
      assert.ok(Number.isInteger(mode) && mode >= 0 && mode <= 0o7777, `the mode of ${path} is ${mode}`)
      assert.ok(Math.abs(modified.getTime() - Date.now()) < 60_000, `${path} was changed at ${modified}, not now`)
      return type === 'directory' ? { name, type } : { name, type, size }
    }
    assert.deepEqual(await told('/file'), { name: 'file', type: 'file', size: 4 })
    assert.deepEqual(await told('/full/inner', false), { name: 'inner', type: 'file', size: 5 })
    assert.deepEqual(await told('/full'), { name: 'full', type: 'directory' })
    assert.deepEqual(await told('/'), { name: '/', type: 'directory' })
  })

  hold('list() tells what is in a directory, as stat() does', async (files) => {
    assert.deepEqual(await shown(files, '/'), WHOLE)
    assert.deepEqual(await shown(files, '/full'), ['file inner'])
    assert.deepEqual(await all(files, '/empty'), [])
    for (const { name, type, size } of await all(files, '/')) {
      const stat = await files.stat(`/${name}`, { follow: false })
      assert.deepEqual([stat.name, stat.type], [name, type])
      if (type === 'file') assert.equal(stat.size, size)
    }
  })

  hold('list() can be left early', async (files) => {
    for await (const { name } of files.list('/')) {
      assert.notEqual(name, '')
      break
    }
    assert.deepEqual(await shown(files, '/'), WHOLE)
  })

  hold('list() ends with the reason of a signal that comes later', async (files) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    for (let i = 0; i < 200; i++) await put(files, `/empty/${i}`, '')
    const listing = (async () => {
      for await (const stat of files.list('/empty', { signal: controller.signal })) controller.abort(stat && reason)
    })()
    await assert.rejects(listing, (error) => error === reason)
  })

  hold('open() and rename() keep every name as it is', async (files) => {
    const names = has('rawNames') ? [...NAMES, '\udcff\udc80x'] : NAMES
    for (const name of names) await put(files, `/empty/${name}`, 'x')
    for (const { name } of await all(files, '/empty')) await files.rename(`/empty/${name}`, `/full/${name}`)
    const moved = (await all(files, '/full')).map(({ name }) => name)
    assert.deepEqual(moved.sort(), [...names, 'inner'].sort())
    for (const name of names) assert.equal((await files.stat(`/full/${name}`)).name, name)
  })

  hold('makeDirectory(), removeDirectory() and removeFile() make and remove', async (files) => {
    await files.makeDirectory('/empty/inner')
    await put(files, '/empty/inner/file', 'text')
    assert.deepEqual(await shown(files, '/empty'), ['directory inner'])
    await files.removeFile('/empty/inner/file')
    await files.removeDirectory('/empty/inner')
    assert.deepEqual(await all(files, '/empty'), [])
  })

  for (const [title, from, to, root] of RENAMES) {
    hold(`rename() ${title}`, async (files) => {
      const { type } = await files.stat(from)
      await files.rename(from, to)
      assert.deepEqual(await shown(files, '/'), root)
      assert.equal(
        type === 'file' ? await get(files, to) : await get(files, `${to}/inner`),
        type === 'file' ? 'text' : 'inner',
      )
    })
  }

  if (has('setModified')) {
    hold('setModified() sets the time, to the second at least, of a directory too', async (files) => {
      const time = new Date('2001-02-03T04:05:06.000Z')
      for (const path of ['/file', '/full']) {
        await files.setModified(path, time)
        assert.deepEqual((await files.stat(path)).modified, time)
      }
      if (has('argumentChecks')) await assert.rejects(files.setModified('/file', new Date(Number.NaN)), RangeError)
    })
  }

  if (has('setMode')) {
    hold('setMode() sets the permission bits', async (files) => {
      await files.setMode('/file', 0o640)
      assert.equal((await files.stat('/file')).mode, 0o640)
      if (!has('argumentChecks')) return
      for (const mode of [-1, 0o10000, 1.5]) await assert.rejects(files.setMode('/file', mode), RangeError)
    })
  }
}
