import { chmodSync } from 'node:fs'

// tsc keeps the shebang but not the right to execute, which `npm link` and a checkout need.
chmodSync(new URL('../dist/cli/main.js', import.meta.url), 0o755)
