/** All measurements by file name, in the order in which they run. */
export const order = ['mean', 'burst', 'live', 'interval', 'fairness', 'cost', 'crowd', 'memory', 'tools']
