import { checkNested, optionNames } from '../../../check-options.ts'
import { isSameSecret } from './password.ts'
import { checkUser, GUEST_NAMES, type Login, type User, type UserProfile } from './user.ts'

/** Knows who may come in. Write one of your own to look users up elsewhere. */
export interface UserManager {
  /**
   * Says who logs in. Failures and the unknown should take the same time. What it throws refuses the login, and is emitted as an 'error'.
   *
   * @returns The user, or undefined to refuse. The name may differ from that given.
   */
  authenticate(login: Login): UserProfile | undefined | Promise<UserProfile | undefined>
  /** Told once when a connection of the user has ended, or logs in anew. */
  loggedOut?(user: UserProfile): void
}

/** The name by which anybody may come in, and another one for it (RFC 1635). */
const ANONYMOUS = ['anonymous', 'ftp']

/** What anybody may do: a user without a name and a password. */
export type AnonymousUser = Omit<UserProfile, 'name' | 'account'>

const GUEST = optionNames<AnonymousUser>(GUEST_NAMES)

/** Users in a list. */
export class UserList implements UserManager {
  readonly #users: ReadonlyMap<string, User>
  readonly #anonymous: User | undefined

  /** @throws {TypeError | RangeError} If a user can't be one, or a name occurs twice. */
  constructor(users: readonly User[], anonymous?: AnonymousUser) {
    for (const user of users) checkUser(user)
    this.#users = new Map(users.map((user) => [user.name, user]))
    if (this.#users.size < users.length) {
      const names = users.map(({ name }) => name)
      const twice = names.find((name, i) => names.indexOf(name) < i)
      throw new TypeError(`Cannot use these users: the name ${JSON.stringify(twice)} occurs twice`)
    }
    checkNested('use these users', 'anonymous', anonymous, GUEST)
    this.#anonymous = anonymous && { ...anonymous, name: 'anonymous', password: '' }
    if (this.#anonymous) checkUser(this.#anonymous)
  }

  async authenticate(login: Login): Promise<UserProfile | undefined> {
    const user = this.#users.get(login.name)
    if (!user && this.#anonymous && ANONYMOUS.includes(login.name.toLowerCase())) return this.#anonymous
    if (typeof user?.password === 'function') return (await user.password(login)) === true ? user : undefined
    // Who is unknown costs as much as who has a wrong password.
    return isSameSecret(login.password, user?.password ?? '') ? user : undefined
  }
}
