import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { listen } from '../../../test/fixtures/loopback.ts'
import { SocketIntake } from './socket-intake.ts'

const never = new AbortController().signal

/** A connection on which nothing is read before the intake has it. */
async function setUp(usesOnread: boolean) {
  const server = await listen()
  const intake = new SocketIntake()
  const onread = usesOnread ? { onread: intake.onread } : {}
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true, ...onread })
  socket.pause()
  await once(socket, 'connect')
  return { server, socket, intake, there: await server.accept() }
}

function attach(intake: SocketIntake, socket: Socket, usesOnread: boolean): void {
  intake.attach(socket, usesOnread)
  // Who has paused it lets it go on.
  if (!usesOnread) socket.resume()
}

/** What comes up to the end, or the code of what it fails with. */
async function outcome(intake: SocketIntake): Promise<string> {
  let got = ''
  try {
    while (!intake.ended) {
      await intake.ready(never)
      got += intake.front
      intake.consume(intake.front.length)
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
  return got
}

for (const usesOnread of [true, false]) {
  const made = usesOnread ? 'a socket made for it' : 'any socket'
  for (const [title, isReset, told] of [
    ['a reset that comes together with bytes', true, 'ECONNRESET'],
    ['an end that does', false, 'bytes'],
  ] as const) {
    test(`SocketIntake tells ${title} as what it is, of ${made}`, async () => {
      const { server, socket, intake, there } = await setUp(usesOnread)
      await using _ = server
      there.write('bytes')
      await delay(20)
      if (isReset) there.resetAndDestroy()
      else there.end()
      await delay(20)
      attach(intake, socket, usesOnread)
      expect(await outcome(intake)).toBe(told)
      socket.destroy()
      intake.release()
    })
  }

  for (const { expected, proofs } of [
    { expected: undefined, proofs: 1 },
    { expected: 'bytes'.length + 1, proofs: 1 },
    { expected: 'bytes'.length, proofs: 0 },
  ]) {
    const proof = proofs > 0 ? 'a proof' : 'no proof'
    test(`SocketIntake wants ${proof} of the end behind 5 bytes if ${expected} were expected, of ${made}`, async () => {
      const { server, socket, intake, there } = await setUp(usesOnread)
      await using _ = server
      const write = vi.spyOn(socket, 'write')
      intake.expected = expected
      attach(intake, socket, usesOnread)
      there.end('bytes')
      expect(await outcome(intake)).toBe('bytes')
      expect(write).toHaveBeenCalledTimes(proofs)
      socket.destroy()
      intake.release()
    })
  }
}
