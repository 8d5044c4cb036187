/** What was learnt of a server and holds for all connections to it, those to come too. */
export class ServerHabits {
  /** Whether it takes commands before it has answered those before: some overlook what comes with another one, or too early. */
  takesAhead = true
}
