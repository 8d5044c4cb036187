/** What was learnt of a server and holds for all connections to it, those to come too. */
export class ServerHabits {
  /** Whether it takes several commands that come in one go: some overlook all but the first. */
  takesTogether = true
}
