/** One node, as either client gives it. */
interface Node {
  scan(...args: unknown[]): Promise<unknown>
}

/** What can be asked for its nodes. */
interface Client extends Partial<Node> {
  readonly isCluster?: boolean
  /** ioredis. */
  nodes?(role: string): Node[]
  /** node-redis. */
  readonly masters?: readonly unknown[]
  nodeClient?(node: unknown): Node | Promise<Node>
}

const COUNT = 1000

/** Lists the keys that match, of all nodes. @param isNodeRedis Whether the client is one of node-redis, else of ioredis. */
export async function listKeys(client: object, pattern: string, isNodeRedis: boolean): Promise<string[]> {
  const keys: string[] = []
  for (const node of await nodesOf(client)) {
    let cursor = '0'
    do {
      const reply = isNodeRedis
        ? await node.scan(cursor, { MATCH: pattern, COUNT })
        : await node.scan(cursor, 'MATCH', pattern, 'COUNT', COUNT)
      const [next, found] = Array.isArray(reply) ? reply : [Object(reply).cursor, Object(reply).keys]
      cursor = String(next)
      if (Array.isArray(found)) keys.push(...found.map(String))
    } while (cursor !== '0')
  }
  return keys
}

async function nodesOf(client: Client): Promise<Node[]> {
  if (client.isCluster && client.nodes) return client.nodes('master')
  if (client.masters && client.nodeClient) {
    const nodes: Node[] = []
    for (const master of client.masters) nodes.push(await client.nodeClient(master))
    return nodes
  }
  if (typeof client.scan !== 'function') throw new TypeError('Cannot list keys: the Redis client can not scan')
  return [client as Node]
}
