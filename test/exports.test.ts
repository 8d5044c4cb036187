import { expect, test } from 'vitest'

/** The surface is a list: a change of it is a change of this file. */
const surface = {
  sluice: [
    'AsyncStreamIterator',
    'BusyError',
    'ClosedError',
    'Flow',
    'IncompleteReadError',
    'LineTooLongError',
    'SluiceError',
    'StreamIO',
    'StreamThrottle',
    'Throttle',
    'ThrottleStreamIO',
    'ThrottleTransform',
    'ThrottleTransformStream',
    'ThrottledStreamWriter',
    'TimeoutError',
    'UnexpectedDataError',
    'formatDuration',
    'formatRate',
    'formatSize',
    'openConnection',
    'openThrottledConnection',
    'parseDuration',
    'parseRate',
    'parseSize',
    'systemClock',
    'throttle',
    'throttleIterable',
    'throttleSocket',
    'throttleWeb',
  ],
  'sluice/ftp': [
    'ChangedError',
    'ChecksumError',
    'Client',
    'ClientPool',
    'DataConnectionThrottleStreamIO',
    'FileError',
    'ProtocolError',
    'ReplyError',
    'TlsError',
    'TruncatedError',
    'UnsafeNameError',
  ],
  'sluice/redis': ['Budget', 'BudgetError', 'OutageError', 'SharedThrottle'],
  'sluice/ftp-server': [
    'DiskFileSystem',
    'FileError',
    'MemoryFileSystem',
    'ProtocolError',
    'ReplyError',
    'Server',
    'StreamThrottlePattern',
    'ThrottlePattern',
  ],
  'sluice/testing': [
    'DataPort',
    'PeerSession',
    'PeerStream',
    'ScriptError',
    'ScriptedPeer',
    'StuckError',
    'VirtualClock',
    'answerFtp',
    'createDuplexPair',
    'fileSystemContract',
    'throttleContract',
  ],
}

for (const [subpath, names] of Object.entries(surface)) {
  test(`${subpath} exports its names and no others`, async () => {
    expect(Object.keys(await import(subpath)).sort()).toEqual(names)
  })
}
