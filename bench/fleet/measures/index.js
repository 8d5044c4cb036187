/** All measurements by file name, in the order in which they run. */
export const order = ['total', 'light', 'calls', 'faults', 'members', 'sizing']
