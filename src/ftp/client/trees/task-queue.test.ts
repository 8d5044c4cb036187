import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TaskQueue } from './task-queue.ts'

const soon = () => new Promise<void>((resolve) => setImmediate(resolve))

test('TaskQueue.run() does everything once, in any tree, and no more than so many at a time', async () => {
  const tree = fc.letrec<{ folder: Folder }>((tie) => ({
    folder: fc.record({
      files: fc.nat(5),
      folders: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('folder'), { maxLength: 4 })),
    }),
  })).folder
  await fc.assert(
    fc.asyncProperty(tree, fc.integer({ min: 1, max: 5 }), async (root, width) => {
      const queue = new TaskQueue()
      let done = 0
      let running = 0
      const work = async (then: () => void) => {
        expect(++running).toBeLessThanOrEqual(width)
        await soon()
        then()
        running--
        done++
      }
      const add = ({ files, folders }: Folder): void =>
        queue.addFolder(() =>
          work(() => {
            for (let i = 0; i < files; i++) queue.addFile(() => work(() => {}))
            folders.forEach(add)
          }),
        )
      add(root)
      await queue.run(width, () => {})
      expect(done).toBe(count(root))
    }),
    { numRuns: 50 },
  )
})

interface Folder {
  readonly files: number
  readonly folders: readonly Folder[]
}

const count = ({ files, folders }: Folder): number =>
  1 + files + folders.reduce((sum, folder) => sum + count(folder), 0)

test('TaskQueue.run() begins nothing after a failure, lets end what runs, and throws the first failure', async () => {
  const queue = new TaskQueue()
  const done: string[] = []
  const failures: unknown[] = []
  queue.addFile(async () => {
    await soon()
    await soon()
    done.push('slow')
  })
  queue.addFile(() => Promise.reject(new Error('first')))
  queue.addFile(async () => void done.push('never'))
  await expect(queue.run(2, (error) => failures.push(error))).rejects.toThrow('first')
  expect(done).toEqual(['slow'])
  expect(failures).toHaveLength(1)
})

test('TaskQueue.run() goes on with files while many wait, and lists the folder that was found last first', async () => {
  const queue = new TaskQueue()
  const order: string[] = []
  queue.addFolder(async () => void order.push('first folder'))
  queue.addFolder(async () => {
    order.push('last folder')
    for (let i = 0; i < 150; i++) queue.addFile(async () => void order.push('file'))
  })
  await queue.run(1, () => {})
  expect(order.slice(0, 2)).toEqual(['last folder', 'file'])
  expect(order.indexOf('first folder')).toBe(1 + 51)
})

test('TaskQueue.run() works for 200,000 files of one folder in linear time', async () => {
  const queue = new TaskQueue()
  let done = 0
  queue.addFolder(async () => {
    for (let i = 0; i < 200_000; i++) queue.addFile(async () => void done++)
  })
  await queue.run(3, () => {})
  expect(done).toBe(200_000)
})
