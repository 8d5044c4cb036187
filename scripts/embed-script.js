import { readFileSync, writeFileSync } from 'node:fs'

// Writes src/redis/script-text.ts from src/redis/script.lua: a string works in bundles, too, where there is no file to read.
/** @param {string} name */
const path = (name) => new URL(`../src/redis/${name}`, import.meta.url)
const lua = readFileSync(path('script.lua'), 'utf8')
if (/[`\\]|\$\{/.test(lua)) throw new Error('Cannot embed the script: it has a backtick, a backslash or ${')
const head = '/** script.lua, word for word: `node scripts/embed-script.js` writes this file. */\n'
writeFileSync(path('script-text.ts'), `${head}export const scriptText = \`${lua}\`\n`)
