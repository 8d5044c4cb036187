import { expect, test } from 'vitest'
import { type Action, type Permissions, PermissionTable } from './permissions.ts'

const rules: Permissions = [
  { path: '/', allow: 'read-only' },
  { path: '/incoming', allow: ['list', 'write'] },
  { path: '/incoming/done/', allow: 'none' },
  { path: '/home/ann', allow: 'all' },
]
const cases: { title: string; permissions: Permissions; action: Action; path: string; allowed: boolean }[] = [
  { title: 'takes the rule of the root', permissions: rules, action: 'read', path: '/a/b', allowed: true },
  { title: 'allows no more than the rule', permissions: rules, action: 'write', path: '/a/b', allowed: false },
  { title: 'takes the nearest rule', permissions: rules, action: 'write', path: '/incoming/x', allowed: true },
  { title: 'adds no rule to another', permissions: rules, action: 'read', path: '/incoming/x', allowed: false },
  { title: 'counts the path of a rule in', permissions: rules, action: 'list', path: '/incoming', allowed: true },
  { title: 'reads a rule with a slash', permissions: rules, action: 'list', path: '/incoming/done', allowed: false },
  {
    title: 'takes no name for the begin of another',
    permissions: rules,
    action: 'write',
    path: '/incoming2',
    allowed: false,
  },
  { title: 'goes deep', permissions: rules, action: 'change', path: '/home/ann/a/b/c', allowed: true },
  {
    title: 'allows nothing without a rule',
    permissions: [{ path: '/a', allow: 'all' }],
    action: 'list',
    path: '/',
    allowed: false,
  },
  { title: 'takes actions for all paths', permissions: ['list'], action: 'list', path: '/a', allowed: true },
  { title: 'takes a name for all paths', permissions: 'all', action: 'delete', path: '/', allowed: true },
  { title: 'allows nothing by none', permissions: 'none', action: 'list', path: '/', allowed: false },
  { title: 'allows nothing by an empty list', permissions: [], action: 'list', path: '/', allowed: false },
]
for (const { title, permissions, action, path, allowed } of cases) {
  test(`PermissionTable.allows() ${title}`, () => {
    expect(new PermissionTable(permissions).allows(action, path)).toBe(allowed)
  })
}

test('PermissionTable.allowsTree() asks the rules below too', () => {
  const table = new PermissionTable([
    { path: '/', allow: 'all' },
    { path: '/a/secret', allow: 'none' },
  ])
  expect(table.allowsTree('rename', '/a')).toBe(false)
  expect(table.allowsTree('rename', '/')).toBe(false)
  expect(table.allowsTree('rename', '/b')).toBe(true)
  expect(table.allowsTree('rename', '/a/sec')).toBe(true)
})

const wrong: unknown[] = ['everything', 'constructor', ['fly'], [{ path: 'a', allow: 'all' }], [{ path: '/' }], 5, null]
const mixed: unknown[] = [
  ['read', { path: '/', allow: 'all' }],
  [{ path: '/', allow: 'all' }, null],
]
for (const permissions of mixed) {
  test(`PermissionTable() says what a rule is to be: ${JSON.stringify(permissions)}`, () => {
    const create = () => new PermissionTable(permissions as Permissions)
    expect(create).toThrow("Cannot read permissions: a rule must be { path: '/...', allow }, is ")
  })
}

for (const permissions of wrong) {
  test(`PermissionTable() refuses ${JSON.stringify(permissions)}`, () => {
    expect(() => new PermissionTable(permissions as Permissions)).toThrow(TypeError)
  })
}
