import { table } from '../../lib/table.js'
import { targetTable } from '../../lib/verdict.js'

/** @import { FtpClient, FtpMeasure } from '../types.d.ts' */

/**
 * @param {object} run
 * @param {Record<string, string>} run.machine
 * @param {{ measure: FtpMeasure, results: unknown }[]} run.done
 * @param {Map<string, FtpClient>} run.clients
 * @param {string[]} run.absent
 * @param {boolean} run.quick
 * @param {string} run.folder Where the files were.
 * @param {string} run.args As it was started.
 * @param {number} run.minutes
 * @returns {string} The whole report, in Markdown.
 */
export function markdown({ machine, done, clients, absent, quick, folder, args, minutes }) {
  const nameOf = (/** @type {string} */ file) => clients.get(file)?.name ?? file
  const verdicts = done.flatMap(({ measure, results }) => measure.verdicts(/** @type {never} */ (results)))
  const parts = [
    '# Measurements of FTP',
    `Made by \`npm run bench:ftp${args ? ` -- ${args}` : ''}\` in ${minutes.toFixed(1)} minutes.${quick ? ' **A quick run: for trying, not for quoting.**' : ''} Servers and clients on one machine, over the loopback, in turns; ratios are ours through theirs in the same round. Figures are medians with [least..most].`,
    [
      `- ${machine.date} UTC, commit ${machine.commit}, load average before ${machine.load}, after ${machine.loadAfter}; on a machine that is busy otherwise the figures mean little`,
      `- Node.js ${machine.node} on ${machine.system}; files in ${folder}`,
      `- ${machine.versions}`,
      ...absent.map((line) => `- ${line}`),
    ].join('\n'),
    '## Targets',
    targetTable(verdicts),
    ...done.flatMap(({ measure, results }) =>
      measure
        .tables(/** @type {never} */ (results), nameOf)
        .flatMap(({ title, note, head, body }) => [`## ${title}`, note, table(head, body)]),
    ),
  ]
  return `${parts.join('\n\n')}\n`
}
