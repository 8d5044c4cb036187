/** All measurements by file name, in the order in which they run. */
export const order = ['large', 'small', 'listing', 'limit', 'total', 'server', 'sessions', 'crowd']
