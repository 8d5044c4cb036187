import { expect, test } from 'vitest'
import { asked, commandAt } from './asked.ts'
import { createProgram } from './program.ts'

const program = createProgram(() => {})
const words = (text: string) => text.split(' ').filter((word) => word !== '')

test.each([
  ['', ''],
  ['help', '--help'],
  ['help pipe', 'pipe --help'],
  // Nothing is to be run by who asks for help.
  ['help pipe INPUT -o OUTPUT', 'pipe --help'],
  ['help budget', 'budget --help'],
  ['help budget set', 'budget set --help'],
  ['budget help set', 'budget set --help'],
  ['budget help', 'budget --help'],
  ['help pip', 'pip'],
  ['help budget sett', 'budget sett'],
  ['budget help sett', 'budget sett'],
  ['pip --help', 'pip'],
  ['budget sett URL', 'budget sett'],
  ['--help', '--help'],
  ['help --help', '--help'],
  ['pipe help', 'pipe help'],
  ['get URL --limit 1M', 'get URL --limit 1M'],
  ['budget set URL --limit 1M', 'budget set URL --limit 1M'],
])('asked() takes %j for %j', (given, meant) => {
  expect(asked(program, words(given))).toEqual(words(meant))
})

test.each([
  ['pipe a b', 'pipe'],
  ['budget set --limit x', 'budget set'],
  ['budget', 'budget'],
  ['pip', ''],
  ['--help pipe', ''],
])('commandAt() finds the command of %j', (given, path) => {
  expect(commandAt(program, words(given)).path).toEqual(words(path))
})
