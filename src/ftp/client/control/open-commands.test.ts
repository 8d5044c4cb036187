import { describe, expect, test } from 'vitest'
import { Exchange, OverlookedError } from './exchange.ts'
import { OpenCommands } from './open-commands.ts'

/** A command by its verb; "+" before it: it was sent ahead. */
function exchangeOf(name: string): Exchange {
  const verb = name.replace('+', '')
  const exchange = new Exchange(verb, verb)
  exchange.isAhead = name.startsWith('+')
  return exchange
}

/** Gives these replies to these commands. */
function open(sent: readonly string[]) {
  const given: string[] = []
  const commands = new OpenCommands(({ code }, exchange) => {
    if (exchange) exchange.count++
    if (exchange && code >= 200) exchange.isDone = true
    given.push(`${code} ${exchange ? exchange.verb : '-'}`)
  })
  const exchanges = sent.map(exchangeOf)
  for (const exchange of exchanges) commands.add(exchange)
  const take = (...codes: number[]) => {
    for (const code of codes) commands.take({ code, lines: [''] })
  }
  return { commands, exchanges, given, take }
}

describe('OpenCommands', () => {
  const orders: { title: string; sent: string[]; codes: number[]; given: string[] }[] = [
    {
      title: 'in the order in which they were sent',
      sent: ['SIZE', 'MFMT', 'EPSV'],
      codes: [213, 550, 229],
      given: ['213 SIZE', '550 MFMT', '229 EPSV'],
    },
    { title: 'to nobody if nothing is open', sent: [], codes: [220, 421], given: ['220 -', '421 -'] },
    {
      title: 'of NOOP during a transfer',
      sent: ['RETR', 'NOOP'],
      codes: [150, 200, 226],
      given: ['150 RETR', '200 NOOP', '226 RETR'],
    },
    {
      title: 'of NOOP after a transfer',
      sent: ['RETR', 'NOOP'],
      codes: [150, 226, 200],
      given: ['150 RETR', '226 RETR', '200 NOOP'],
    },
    {
      title: 'of EPSV after the transfer before it',
      sent: ['RETR', '+EPSV'],
      codes: [150, 226, 229],
      given: ['150 RETR', '226 RETR', '229 EPSV'],
    },
    {
      title: 'of EPSV before the transfer before it',
      sent: ['RETR', '+EPSV'],
      codes: [150, 229, 226],
      given: ['150 RETR', '229 EPSV', '226 RETR'],
    },
    {
      title: 'of EPSV before a transfer that fails',
      sent: ['RETR', '+EPSV'],
      codes: [150, 229, 426],
      given: ['150 RETR', '229 EPSV', '426 RETR'],
    },
    {
      title: 'of EPSV that is refused before a transfer is confirmed',
      sent: ['RETR', '+EPSV'],
      codes: [150, 450, 226],
      given: ['150 RETR', '450 EPSV', '226 RETR'],
    },
    {
      title: 'of a transfer that fails before EPSV is answered',
      sent: ['RETR', '+EPSV'],
      codes: [150, 451, 229],
      given: ['150 RETR', '451 RETR', '229 EPSV'],
    },
    {
      title: 'of a transfer that fails and EPSV that is refused, in their order',
      sent: ['RETR', '+EPSV'],
      codes: [150, 451, 425],
      given: ['150 RETR', '451 RETR', '425 EPSV'],
    },
    {
      title: 'of a transfer that fails before the server closes',
      sent: ['RETR', '+EPSV'],
      codes: [150, 451, 421],
      given: ['150 RETR', '451 RETR', '421 EPSV'],
    },
    {
      title: 'of NOOP and EPSV during a transfer',
      sent: ['RETR', '+EPSV', 'NOOP'],
      codes: [150, 502, 229, 226],
      given: ['150 RETR', '502 NOOP', '229 EPSV', '226 RETR'],
    },
    {
      title: 'to the next command if EPSV before it was overlooked',
      sent: ['RETR', '+EPSV', 'SIZE'],
      codes: [150, 226, 213],
      given: ['150 RETR', '226 RETR', '213 SIZE'],
    },
    {
      title: 'to EPSV if that was sent in its turn, whatever they are',
      sent: ['EPSV', 'SIZE'],
      codes: [200, 213],
      given: ['200 EPSV', '213 SIZE'],
    },
  ]
  for (const { title, sent, codes, given } of orders) {
    test(`take() gives replies ${title}`, () => {
      const opened = open(sent)
      opened.take(...codes)
      expect(opened.given).toEqual(given)
      expect([opened.commands.count, opened.commands.isHolding]).toEqual([0, false])
    })
  }

  test('take() tells who waits for a command that was overlooked', async () => {
    const { exchanges, take } = open(['RETR', '+EPSV', 'SIZE'])
    const waiting = new Promise((resolve, reject) => exchanges[1]?.wait({ resolve, reject }))
    take(150, 226, 213)
    await expect(waiting).rejects.toBeInstanceOf(OverlookedError)
  })

  test('release() gives what was held to the transfer', () => {
    const { commands, given, take } = open(['RETR', '+EPSV'])
    take(150, 426)
    expect([commands.isHolding, given]).toEqual([true, ['150 RETR']])
    commands.release()
    expect([commands.isHolding, given]).toEqual([false, ['150 RETR', '426 RETR']])
    take(229)
    expect(given.at(-1)).toBe('229 EPSV')
  })

  test('seek() skips up to a code', () => {
    const { commands, given, take } = open(['RETR', '+EPSV', 'ABOR'])
    take(150, 450)
    commands.abandon()
    const pwd = exchangeOf('PWD')
    commands.add(pwd)
    commands.seek(257, pwd)
    commands.add(exchangeOf('SIZE'))
    take(229, 226, 226, 257, 213)
    expect(given).toEqual(['150 RETR', '229 -', '226 -', '226 -', '257 PWD', '213 SIZE'])
  })

  test('fail() first tells what was held, then all the others', async () => {
    const { commands, exchanges, given, take } = open(['RETR', '+EPSV'])
    take(150, 451)
    const waiting = new Promise((resolve, reject) => exchanges[1]?.wait({ resolve, reject }))
    commands.fail((command) => new Error(`no ${command}`))
    expect(given).toEqual(['150 RETR', '451 RETR'])
    await expect(waiting).rejects.toThrow('no EPSV')
  })
})
