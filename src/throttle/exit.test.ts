import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = new URL('./', import.meta.url)

/** Runs a program in a process of its own; returns what it wrote, once it has ended by itself. */
async function run(program: string): Promise<string> {
  const imports = `
    import { Throttle } from '${new URL('throttle.ts', source)}'
    import { Flow } from '${new URL('flow.ts', source)}'`
  const args = ['--import', 'tsx', '--input-type=module', '-e', imports + program]
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(source),
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 15_000,
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  const [code, signal] = await once(child, 'close')
  expect([code, signal]).toEqual([0, null])
  return text
}

const programs = [
  {
    title: 'once all have been served',
    program: `
      const throttle = new Throttle({ limit: 100_000 })
      const flow = new Flow(throttle)
      for (let i = 0; i < 20; i++) await flow.acquire(100)
      await throttle.wait()
      throttle.append(100)
      process.stdout.write('done')`,
    says: 'done',
  },
  {
    title: 'while a throttle is paused, since no timer runs',
    program: `
      const throttle = new Throttle({ limit: 1000 })
      throttle.pause()
      void throttle.acquire(1).then(() => process.stdout.write('never'))
      process.stdout.write('paused')`,
    says: 'paused',
  },
  {
    title: 'when those who waited have given up',
    program: `
      const throttle = new Throttle({ limit: 0.001 })
      const controller = new AbortController()
      await throttle.acquire(1)
      const flow = new Flow(throttle)
      const all = [throttle.acquire(9, { signal: controller.signal }), flow.acquire(9), throttle.wait({ signal: controller.signal })]
      setImmediate(() => {
        controller.abort('enough')
        flow.close()
      })
      for (const { reason } of await Promise.allSettled(all)) process.stdout.write((reason.code ?? reason) + ' ')`,
    says: 'enough ERR_SLUICE_CLOSED enough ',
  },
]
for (const { title, program, says } of programs) {
  test(`a process with throttles ends by itself ${title}`, async () => {
    expect(await run(program)).toBe(says)
  })
}
