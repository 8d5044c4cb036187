/**
 * How the command line ends. Signals count from 128, as shells report them; a reader that closed early is told as the
 * SIGPIPE (13) that would have ended `cat`, so that under `pipefail` a cut stream never looks whole.
 */
export const EXIT_CODE = {
  done: 0,
  failed: 1,
  usage: 2,
  SIGHUP: 129,
  SIGINT: 130,
  readerGone: 141,
  SIGTERM: 143,
} as const
