const base = ['clock.ts', 'on-abort.ts', 'light-abort.ts', 'check-options.ts', 'units.ts', 'errors.ts']

/** The layers of ARCHITECTURE.md: imports go down only. */
const below = {
  'errors.ts': [],
  'units.ts': ['check-options.ts'],
  'clock.ts': [],
  'on-abort.ts': [],
  'light-abort.ts': [],
  'check-options.ts': [],
  'rate/': ['rate/', 'errors.ts'],
  'throttle/': ['throttle/', 'rate/', 'clock.ts', 'on-abort.ts', 'check-options.ts', 'units.ts', 'errors.ts'],
  'streams/': [
    'streams/',
    'throttle/',
    'rate/',
    'clock.ts',
    'on-abort.ts',
    'check-options.ts',
    'units.ts',
    'errors.ts',
  ],
  'redis/': ['redis/', 'throttle/', 'rate/', ...base],
  'ftp/errors.ts': ['errors.ts'],
  'ftp/protocol/': ['ftp/protocol/', 'ftp/errors.ts', 'errors.ts'],
  'ftp/files/': ['ftp/files/', 'ftp/protocol/', 'ftp/errors.ts', ...base],
  'ftp/transfer/': ['ftp/transfer/', 'ftp/files/', 'ftp/errors.ts', 'streams/', 'throttle/', 'rate/', ...base],
  'ftp/client/': [
    'ftp/client/',
    'ftp/transfer/',
    'ftp/files/',
    'ftp/protocol/',
    'ftp/errors.ts',
    'streams/',
    'throttle/',
    'rate/',
    ...base,
  ],
  'ftp/server/': [
    'ftp/server/',
    'ftp/transfer/',
    'ftp/files/',
    'ftp/protocol/',
    'ftp/errors.ts',
    'streams/',
    'throttle/',
    'rate/',
    ...base,
  ],
}
const tests = '\\.test\\.ts$'
const literal = (path) => path.replaceAll('.', '\\.')

const layers = Object.entries(below).map(([layer, allowed]) => ({
  name: `layer ${layer}`,
  comment: `src/${layer} may import only: ${allowed.join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: `^src/${literal(layer)}`, pathNot: tests },
  to: { path: '^src/', pathNot: allowed.map((path) => `^src/${literal(path)}`) },
}))

export default {
  forbidden: [
    ...layers,
    {
      name: 'no packages in the library',
      comment: 'Only the command line may import packages',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, '^src/cli/', '^src/testing/contract'] },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'unknown'] },
    },
    {
      name: 'arithmetic touches nothing',
      comment: 'The pure layers take time as an argument and do no I/O',
      severity: 'error',
      from: { path: '^src/(rate/|ftp/protocol/|errors\\.ts|units\\.ts)', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'cli is the top', severity: 'error', from: { path: '^src/(?!cli/)' }, to: { path: '^src/cli/' } },
  ],
  options: {
    parser: 'swc',
    // The parser does not know `await using` yet, which only tests use.
    exclude: { path: tests },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
