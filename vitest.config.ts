import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sluice\/testing$/, replacement: source('testing/index.ts') },
      { find: /^sluice\/ftp$/, replacement: source('ftp/client/index.ts') },
      { find: /^sluice\/ftp-server$/, replacement: source('ftp/server/index.ts') },
      { find: /^sluice\/redis$/, replacement: source('redis/index.ts') },
      { find: /^sluice$/, replacement: source('index.ts') },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 20_000,
    // Some lay out 20,000 files first.
    hookTimeout: 60_000,
    pool: 'forks',
    // Many tests wait for sockets and processes: two at a time take half of the time also on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
