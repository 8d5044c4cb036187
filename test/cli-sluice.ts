import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** The command line as it is published: `npm test` builds it first. */
export const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
if (!existsSync(MAIN)) throw new Error(`Cannot test the command line: ${MAIN} is missing, run "npm run build" first`)

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
  /** From start to end, in ms. */
  readonly took: number
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** The environment without what would change how the command line looks. */
export function cleanEnv(changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NO_COLOR, FORCE_COLOR, SLUICE_DEBUG, NODE_OPTIONS, NODE_V8_COVERAGE, ...env } = process.env
  return { ...env, ...changes }
}

/** Starts any program. */
export function start(file: string, args: readonly string[], options: SpawnOptions = {}): Running {
  const startedAt = performance.now()
  const child = spawn(file, args, { stdio: 'pipe', env: cleanEnv(), ...options })
  // A child that ends without reading everything is what some tests are about.
  child.stdin?.on('error', () => {})
  const ended = (async () => {
    const exit = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve([code, signal]))
    })
    const [[code, signal], stdout, stderr] = await Promise.all([
      exit,
      child.stdout && options.stdio === undefined ? buffer(child.stdout).catch(() => Buffer.alloc(0)) : Buffer.alloc(0),
      child.stderr ? buffer(child.stderr) : Buffer.alloc(0),
    ])
    return { code, signal, stdout, stderr: stderr.toString(), took: performance.now() - startedAt }
  })()
  return { child, ended }
}

/** Starts `sluice`; its standard input is left open. */
export function startSluice(args: readonly string[], options: SpawnOptions = {}): Running {
  return start(process.execPath, [MAIN, ...args], options)
}

/** Runs `sluice` to its end. */
export async function sluice(args: readonly string[], input: Uint8Array = Buffer.alloc(0)): Promise<Ended> {
  const { child, ended } = startSluice(args)
  child.stdin?.end(input)
  return await ended
}

/** The line of JSON that ends stderr. */
export function jsonOf({ stderr }: Ended): Record<string, unknown> {
  const lines = stderr.trimEnd().split('\n')
  return JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** A folder that is removed when the block ends. */
export function temporaryFolder(): { path: (name: string) => string; [Symbol.dispose]: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  return {
    path: (name) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
