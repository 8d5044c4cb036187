import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MAIN, sluice, start, temporaryFolder } from './cli-sluice.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

const wrong: { args: string[]; says: string }[] = [
  { args: ['pipe', '--limit', 'fast'], says: 'sluice: --limit: Cannot read "fast" as a rate: ' },
  { args: ['pipe', '--limit', '0'], says: 'sluice: --limit: Cannot read "0" as a rate: ' },
  { args: ['pipe', '-l', '1M', '--burst', '5 pints'], says: 'sluice: --burst: Cannot read "5 pints" as a size: ' },
  { args: ['pipe', '--timeout', 'later'], says: 'sluice: --timeout: Cannot read "later" as a duration: ' },
  { args: ['pipe', '--min-interval', '1ms', '--mode', 'odd'], says: 'sluice: --mode: Cannot use "odd" as a mode: ' },
  { args: ['pipe', '--limt', '5'], says: "sluice: unknown option '--limt' (Did you mean --limit?); see 'sluice pipe" },
  { args: ['pipe', '--limit'], says: "sluice: option '-l, --limit <RATE>' argument missing" },
  { args: ['pipe', 'a', 'b'], says: "sluice: too many arguments for 'pipe'" },
  { args: ['pip'], says: "sluice: unknown command 'pip' (Did you mean pipe?); see 'sluice --help'" },
  { args: ['help', 'pip'], says: "sluice: unknown command 'pip' (Did you mean pipe?); see 'sluice --help'" },
  { args: ['pip', '--help'], says: "sluice: unknown command 'pip' (Did you mean pipe?); see 'sluice --help'" },
  { args: ['help', 'budget', 'sett'], says: "sluice: unknown command 'sett' (Did you mean set?); see 'sluice budget" },
  { args: ['budget', 'set'], says: "sluice: missing required argument 'URL'; see 'sluice budget set --help'" },
  {
    args: ['budget', 'show', 'redis://h/n', '--jsn'],
    says: "sluice: unknown option '--jsn' (Did you mean --json?); see",
  },
  {
    args: ['budget', 'ls', 'redis://h/n'],
    says: "sluice: Cannot list redis://h/n: it names one budget; leave the name out, or run 'sluice budget show'; see",
  },
  { args: ['pipe', '-L', '2m'], says: 'sluice: -L: Cannot read "2m" as a rate' },
  {
    args: ['pipe', '--redis-password-file', '-'],
    says: 'sluice: Cannot read both INPUT and --redis-password-file from',
  },
]
for (const { args, says } of wrong) {
  test(`sluice ${args.join(' ')} is refused with 2`, async () => {
    const { code, stdout, stderr } = await sluice(args)
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
    expect(stderr.slice(0, says.length)).toBe(says)
    expect(stderr.trimEnd()).not.toContain('\n')
  })
}

test('sluice pipe refuses to write the file that it reads, by whatever name', async () => {
  using folder = temporaryFolder()
  const file = folder.path('file')
  writeFileSync(file, 'contents')
  symlinkSync(file, folder.path('link'))
  for (const output of [file, folder.path('link')]) {
    const { code, stderr } = await sluice(['pipe', file, '-o', output])
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('it is also what is read') })
  }
  const command = `'${process.execPath}' '${MAIN}' pipe < '${file}' >> '${file}'`
  if (process.platform !== 'win32') expect((await start('sh', ['-c', command]).ended).code).toBe(2)
  expect(readFileSync(file, 'utf8')).toBe('contents')
})

test('sluice without a command shows its help on stderr, and ends with 2', async () => {
  const { code, stdout, stderr } = await sluice([])
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^Usage: sluice \[options\] \[command\]\n/)
})

test('sluice --version shows the version of the package', async () => {
  for (const option of ['--version', '-V']) {
    expect(await sluice([option])).toMatchObject({ code: 0, stdout: Buffer.from(`${version}\n`), stderr: '' })
  }
})

test('sluice help shows the help of a command, also of one within another', async () => {
  for (const args of [
    ['help', 'pipe'],
    ['help', 'budget', 'set'],
    ['budget', 'help', 'set'],
  ]) {
    const { code, stdout, stderr } = await sluice(args)
    const name = args.filter((word) => word !== 'help').join(' ')
    expect({ code, stderr, first: stdout.toString().split(' [')[0] }).toMatchObject({ code: 0, stderr: '' })
    expect(stdout.toString()).toMatch(new RegExp(`^Usage: sluice ${name} `))
  }
})

test('sluice --help tells the commands and the exit codes', async () => {
  const { code, stdout, stderr } = await sluice(['--help'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const help = stdout.toString()
  for (const line of [
    /^Usage: sluice \[options\] \[command\]$/m,
    /^ {2}pipe .* copy bytes from one place to another, under limits$/m,
    /^ {2}get .* download files and directories by FTP$/m,
    /^ {2}put .* upload files and directories by FTP$/m,
    /^ {2}ls .* list what there is on an FTP server$/m,
    /^ {2}mirror .* make a folder like a directory on a server, or the reverse$/m,
    /^ {2}serve .* serve a folder by FTP$/m,
    /^ {2}budget .* look at the budgets that processes share, and change them$/m,
    /^ {2}0 {4}done$/m,
    /^ {2}1 {4}failed/m,
    /^ {2}2 {4}wrong usage/m,
    /^ {2}129 {2}ended by SIGHUP/m,
    /^ {2}130 {2}ended by SIGINT/m,
    /^ {2}141 {2}the reader of the output closed early/m,
    /^ {2}143 {2}ended by SIGTERM/m,
    /NO_COLOR/,
  ]) {
    expect(help).toMatch(line)
  }
  expectToFit(help)
})

test('sluice pipe --help tells every option, and how they are used', async () => {
  const { code, stdout } = await sluice(['pipe', '--help'])
  expect(code).toBe(0)
  const help = stdout.toString()
  const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+(?: <\w+>)?)/gm)].map(([, option]) => option)
  expect(options).toEqual([
    '--output <OUTPUT>',
    '--limit <RATE>',
    '--burst <SIZE>',
    '--min-interval <DURATION>',
    '--mode <MODE>',
    '--timeout <DURATION>',
    '--size <SIZE>',
    '--help',
    '--share <URL>',
    '--share-limit <RATE>',
    '--share-weight <N>',
    '--share-member <NAME>',
    '--on-outage <POLICY>',
    '--redis-password-file <FILE>',
    '--json',
    '--progress',
    '--quiet',
  ])
  expect(help).toContain('Examples:\n')
  expect(help).toContain("tar c photos | sluice pipe -l 10Mbit/s | ssh host 'tar x'")
  expectToFit(help)
})

const documentation = readFileSync(new URL('../docs/cli.md', import.meta.url), 'utf8')

const commands = [
  {
    command: 'get',
    usage: 'URL... [options]',
    named: ['--limit <RATE>', '--output <PATH>', '--resume', '--ca <FILE>'],
  },
  {
    command: 'put',
    usage: 'FILE... URL [options]',
    named: ['--total-limit <RATE>', '--atomic', '--password-file <FILE>'],
  },
  { command: 'ls', usage: 'URL [options]', named: ['--long', '--recursive', '--json', '--timeout <DURATION>'] },
  {
    command: 'mirror',
    usage: 'FROM TO [options]',
    named: ['--delete', '--dry-run', '--compare <HOW>', '--atomic', '--parallel <N>'],
  },
  ...(['ls', 'show', 'set', 'pause', 'resume', 'watch'] as const).map((name) => ({
    command: `budget ${name}`,
    usage: 'URL [options]',
    named: ['--redis-password-file <FILE>'],
  })),
  {
    command: 'serve',
    usage: 'DIR [options]',
    named: ['--limit-per-user <RATE>', '--tls-cert <FILE>', '--passive-ports <A-B>'],
  },
]
for (const { command, usage, named } of commands) {
  test(`sluice ${command} --help tells its options, and each stands in docs/cli.md`, async () => {
    const { code, stdout, stderr } = await sluice([...command.split(' '), '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const help = stdout.toString()
    expect(help.split('\n')[0]).toBe(`Usage: sluice ${command} ${usage}`)
    expect(help).toMatch(new RegExp(`^Examples:\\n(.*\\n)? +.*sluice ${command} `, 'm'))
    const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+(?: <[^>]+>)?)/gm)].map(([, option]) => option ?? '')
    expect(options).toEqual(expect.arrayContaining(named))
    for (const option of options.filter((each) => each !== '--help')) {
      const [name = ''] = option.split(' ')
      expect(documentation, option).toMatch(new RegExp(`^\\| (\`-\\w\`, )?\`${name}[ \`]`, 'm'))
    }
    expectToFit(help)
  })
}

test('sluice budget --help shows how its commands are used', async () => {
  const { code, stdout } = await sluice(['budget', '--help'])
  expect(code).toBe(0)
  expect(stdout.toString()).toContain('Examples:\n')
  expectToFit(stdout.toString())
})

test('docs/cli.md has all exit codes that --help has', async () => {
  const help = (await sluice(['--help'])).stdout.toString()
  const codes = [...help.matchAll(/^ {2}(\d+) +\S/gm)].map(([, code]) => code)
  expect(codes).toEqual(['0', '1', '2', '129', '130', '141', '143'])
  for (const code of codes) expect(documentation).toMatch(new RegExp(`^\\| ${code} \\| `, 'm'))
})

function expectToFit(help: string) {
  for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
}
