import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')

for (const subpath of ['sluice', 'sluice/ftp', 'sluice/ftp-server', 'sluice/redis', 'sluice/testing']) {
  test(`docs/errors.md tells the errors of ${subpath}, and explains each`, async () => {
    const errors = Object.keys(await import(subpath)).filter((name) => name.endsWith('Error'))
    const [, row = ''] =
      page
        .split('\n')
        .find((line) => line.startsWith(`| \`${subpath}\` |`))
        ?.split('|')
        .slice(1) ?? []
    expect([...row.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort()).toEqual(errors.sort())
    for (const name of errors) if (name !== 'SluiceError') expect(page).toContain(`\n## \`${name}\`: `)
  })
}
