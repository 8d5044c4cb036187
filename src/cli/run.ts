import { CommanderError } from 'commander'
import { asked, commandAt } from './asked.ts'
import { EXIT_CODE } from './exit-code.ts'
import { oneLine, UsageError } from './failure.ts'
import { Interruption } from './interruption.ts'
import { createProgram } from './program.ts'
import { tell } from './tell.ts'

/**
 * Runs the command line.
 *
 * @param argv What stands after the name of the program.
 * @returns The exit code. Reports errors on stderr, and rejects with none.
 */
export async function run(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT_CODE.done
  const program = createProgram((code) => {
    exitCode = code
  })
  const args = asked(program, argv)
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODE.done
    // Called without a subcommand: commander has shown the help on stderr.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT_CODE.usage
    // At a question, before there is anything to sum up.
    if (error instanceof Interruption) return EXIT_CODE[error.signal]
    if (error instanceof UsageError || error instanceof CommanderError) {
      const text = oneLine(error.message.replace(/^error: /, '').replace(/\.$/, ''))
      tell(`${text}; see '${['sluice', ...commandAt(program, args).path].join(' ')} --help'`, error)
      return EXIT_CODE.usage
    }
    tell(oneLine(error instanceof Error ? error.message : String(error)), error)
    return EXIT_CODE.failed
  }
}
