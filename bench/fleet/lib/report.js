import { table } from '../../lib/table.js'
import { targetTable } from '../../lib/verdict.js'

/** @import { Contender, FleetMeasure } from '../types.d.ts' */

/**
 * @param {object} run
 * @param {Record<string, string>} run.machine
 * @param {{ measure: FleetMeasure, results: unknown }[]} run.done
 * @param {Map<string, Contender>} run.contenders The variants among them.
 * @param {boolean} run.quick
 * @param {string} run.args As it was started.
 * @param {number} run.minutes
 * @returns {string} The whole report, in Markdown.
 */
export function markdown({ machine, done, contenders, quick, args, minutes }) {
  const nameOf = (/** @type {string} */ file) => contenders.get(file)?.name ?? file
  const verdicts = done.flatMap(({ measure, results }) => measure.verdicts(/** @type {never} */ (results)))
  const parts = [
    '# Measurements of one limit for many processes',
    `Made by \`npm run bench:fleet${args ? ` -- ${args}` : ''}\` in ${minutes.toFixed(1)} minutes.${quick ? ' **A quick run: for trying, not for quoting.**' : ''} Real processes and a redis-server of their own on one machine, over the loopback, in turns. R is the limit of all together; "ms of R" is as much as passes at the limit in so many ms. Every process notes what passes in a file, in slots of a millisecond. Figures are medians with [least..most].`,
    [
      `- ${machine.date} UTC, commit ${machine.commit}, load average before ${machine.load}, after ${machine.loadAfter}; on a machine that is busy otherwise the figures mean little`,
      `- Node.js ${machine.node} on ${machine.system}`,
      `- ${machine.versions}`,
    ].join('\n'),
    '## Targets',
    targetTable(verdicts),
    '## How each is used',
    'All do the same job: a process asks for 16 KiB, lets that pass when it may, and asks for the next. They all talk to Redis by ioredis.',
    table(
      ['', 'settings'],
      [...contenders.values()].map(({ name, settings }) => [name, settings]),
    ),
    ...done.flatMap(({ measure, results }) =>
      measure
        .tables(/** @type {never} */ (results), nameOf)
        .flatMap(({ title, note, head, body }) => [`## ${title}`, note, table(head, body)]),
    ),
  ]
  return `${parts.join('\n\n')}\n`
}
