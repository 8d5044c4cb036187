import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/**
 * The options that all programs of the bench have, and those that say which of the known names of a kind take part. `--help` and what can't be
 * understood end the process.
 *
 * @param {string} help
 * @param {Record<string, readonly string[]>} kinds By the names of their options.
 */
export function readOptions(help, kinds) {
  const ofKinds = Object.fromEntries(
    Object.keys(kinds).map((kind) => [kind, { type: /** @type {const} */ ('string') }]),
  )
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      out: { type: 'string', default: fileURLToPath(new URL('../results', import.meta.url)) },
      'no-write': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      ...ofKinds,
    },
  })
  if (values.help) {
    process.stdout.write(help)
    process.exit(0)
  }
  const texts = /** @type {Record<string, unknown>} */ (values)
  /** @param {string} kind @returns {string[] | undefined} The names that were asked for, in the order in which they are known. */
  const chosen = (kind) => {
    const known = kinds[kind] ?? []
    if (typeof texts[kind] !== 'string') return undefined
    const asked = texts[kind].split(',')
    const unknown = asked.find((name) => !known.includes(name))
    if (unknown === undefined) return known.filter((name) => asked.includes(name))
    process.stderr.write(`Cannot measure '${unknown}': known are ${known.join(', ')}\n`)
    return process.exit(2)
  }
  for (const kind of Object.keys(kinds)) chosen(kind)
  return { quick: values.quick, out: values.out, isWritten: !values['no-write'], chosen }
}

/** Tells what goes on. @param {string} line */
export function log(line) {
  process.stderr.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`)
}

/**
 * Prints the report, and writes it and the raw figures as `name`.md and .json.
 *
 * @param {{ out: string, isWritten: boolean }} options
 * @param {string} name
 * @param {string} text
 * @param {object} raw
 */
export function publish({ out, isWritten }, name, text, raw) {
  process.stdout.write(text)
  if (!isWritten) return
  mkdirSync(out, { recursive: true })
  writeFileSync(`${out}/${name}.md`, text)
  writeFileSync(`${out}/${name}.json`, `${JSON.stringify(raw, null, 1)}\n`)
}
