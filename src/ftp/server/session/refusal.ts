/** What is said in reply to a command: a code and its text, or the lines of it. */
export type Answer = readonly [code: number, text: string | readonly string[]]

/** Ends a command with a reply that says why it is not done. Never leaves the server. */
export class Refusal extends Error {
  readonly answer: Answer
  constructor(code: number, text: string) {
    super(text)
    this.answer = [code, text]
  }
}
