import type { FileSystem } from '../../files/file-system.ts'
import { PermissionTable } from '../users/permissions.ts'
import type { UserProfile } from '../users/user.ts'
import type { UserState } from '../users/user-state.ts'

/** Many connections have the same user. */
const tables = new WeakMap<UserProfile, PermissionTable>()

/** Who has logged in, and what they may do. */
export class Identity {
  readonly user: UserProfile
  readonly state: UserState
  readonly files: FileSystem
  readonly permissions: PermissionTable

  /** @throws {TypeError} If the user, who may come from a user manager, has permissions that can't be read. */
  constructor(user: UserProfile, state: UserState, files: FileSystem) {
    this.user = user
    this.state = state
    this.files = user.fileSystem ?? files
    this.permissions = tables.get(user) ?? new PermissionTable(user.permissions ?? 'all')
    tables.set(user, this.permissions)
  }
}
