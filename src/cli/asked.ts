import type { Command } from 'commander'

/** Where the command stands that arguments name, such as `budget set`. */
export interface CommandPath {
  readonly command: Command
  readonly path: readonly string[]
}

/** The innermost command that the first arguments name; the program itself, if they name none. */
export function commandAt(program: Command, argv: readonly string[]): CommandPath {
  let command = program
  const path: string[] = []
  for (const name of argv) {
    const next = command.commands.find((each) => each.name() === name)
    if (!next) break
    command = next
    path.push(name)
  }
  return { command, path }
}

/**
 * The arguments in the words that commander answers best: `help pipe` as `pipe --help`. It would show all its help for the name of a command that there
 * is not, and never say so: a misspelt one is passed on alone, and so is refused.
 */
export function asked(program: Command, argv: readonly string[]): readonly string[] {
  const { command, path } = commandAt(program, argv)
  // All that is not a group of commands takes what follows for arguments.
  if (command.commands.length === 0) return argv
  const [word, ...rest] = argv.slice(path.length)
  const isHelp = word === 'help'
  const wanted = isHelp ? commandAt(program, [...path, ...rest]) : { command, path }
  const unknown = isHelp ? [...path, ...rest][wanted.path.length] : word
  const isUnknown = wanted.command.commands.length > 0 && unknown !== undefined && !unknown.startsWith('-')
  if (isUnknown) return [...wanted.path, unknown]
  return isHelp ? [...wanted.path, '--help'] : argv
}
