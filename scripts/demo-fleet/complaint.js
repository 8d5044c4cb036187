/** Something the user can understand, and perhaps mend: told without a stack. */
export class Complaint extends Error {
  /** @override */
  name = 'Complaint'
}
