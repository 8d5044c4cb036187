// Adds up vitest's JSON reports and prints `N passed, N failed`. Usage: node scripts/count-tests.js REPORT...
import { readFileSync } from 'node:fs'

let passed = 0
let failed = 0
for (const path of process.argv.slice(2)) {
  /** @type {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: unknown[] }[] }} */
  const report = JSON.parse(readFileSync(path, 'utf8'))
  passed += report.numPassedTests
  // A file that could not even be loaded has no tests to count.
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  failed += report.numFailedTests + unloaded.length
}
console.log(`${passed} passed, ${failed} failed`)
if (failed > 0 || passed === 0) process.exitCode = 1
