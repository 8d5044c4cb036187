import { expect, test } from 'vitest'
import { LightAbortController } from './light-abort.ts'
import { onAbort } from './on-abort.ts'

/** Does the same with Node's own and with ours: what one tells the other has to tell. */
const both = (story: (controller: AbortController, told: unknown[]) => void) =>
  [new AbortController(), new LightAbortController()].map((controller) => {
    const told: unknown[] = []
    story(controller, told)
    const { aborted, reason } = controller.signal
    return { told, aborted, reason }
  })

const cases: Record<string, (controller: AbortController, told: unknown[]) => void> = {
  'tells its listeners, once': ({ signal, abort }, told) => {
    signal.addEventListener('abort', ({ type }) => told.push(type))
    signal.addEventListener('abort', { handleEvent: ({ type }: Event) => told.push(`object: ${type}`) })
    abort('first')
    abort('second')
  },
  'tells nobody who has gone, or comes too late': ({ signal, abort }, told) => {
    const gone = () => told.push('gone')
    signal.addEventListener('abort', gone, { once: true })
    signal.removeEventListener('abort', gone)
    abort('reason')
    signal.addEventListener('abort', () => told.push('late'))
  },
  'takes a listener once, however often it is added': ({ signal, abort }, told) => {
    const listener = () => told.push('told')
    signal.addEventListener('abort', listener)
    signal.addEventListener('abort', listener)
    abort('reason')
  },
  'tells nobody whom a listener before takes off': ({ signal, abort }, told) => {
    const second = () => told.push('second')
    signal.addEventListener('abort', () => signal.removeEventListener('abort', second))
    signal.addEventListener('abort', second)
    abort('reason')
  },
  'has a reason of its own': ({ signal, abort }, told) => {
    abort()
    told.push(signal.reason instanceof DOMException, signal.reason.name)
  },
  'keeps a reason that is falsy': ({ signal, abort }, told) => {
    abort(null)
    told.push(signal.aborted, signal.reason)
  },
}

for (const [title, story] of Object.entries(cases)) {
  test(`LightAbortController ${title}, as AbortController`, () => {
    const [theirs, ours] = both((controller, told) => {
      const bound = { signal: controller.signal, abort: (reason?: unknown) => controller.abort(reason) }
      story(bound as AbortController, told)
    })
    expect({ ...ours, reason: String(ours?.reason) }).toEqual({ ...theirs, reason: String(theirs?.reason) })
  })
}

test('throwIfAborted() throws the reason itself', () => {
  const controller = new LightAbortController()
  expect(() => controller.signal.throwIfAborted()).not.toThrow()
  const reason = new Error('enough')
  controller.abort(reason)
  expect(() => controller.signal.throwIfAborted()).toThrow(reason)
})

test('onAbort() follows it, and takes its listener off', () => {
  const controller = new LightAbortController()
  const told: unknown[] = []
  const forget = onAbort(controller.signal, (reason) => told.push(['gone', reason]))
  onAbort(controller.signal, (reason) => told.push(['there', reason]))
  forget()
  controller.abort(7)
  onAbort(controller.signal, (reason) => told.push(['late', reason]))
  expect(told).toEqual([
    ['there', 7],
    ['late', 7],
  ])
})
