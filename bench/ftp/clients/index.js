/** @import { FtpClient } from '../types.d.ts' */

/** All clients by file name, ours first. */
export const CLIENTS = ['sluice', 'basic-ftp', 'curl', 'lftp', 'bare-node']

/** @param {string} file @returns {Promise<FtpClient>} */
export async function loadClient(file) {
  return (await import(`./${file}.js`)).default
}
