import { PoolNode } from '../machine';
import { domainName, integer, ipAddress } from './nginx/grammar';
import { refuse } from './refuse';

/** Nodes whose names, addresses and weights can be used, with each name and each address once; copies. */
export function checkPoolNodes(prop: string, nodes: PoolNode[]): PoolNode[] {
  if (!Array.isArray(nodes) || nodes.length === 0) {
    throw refuse(prop, nodes, 'at least one node is needed');
  }
  const checked = nodes.map((node, i) => checkNode(`${prop}[${i}]`, node));
  checked.forEach((node, i) => {
    const twin = checked.findIndex((other) => other.name === node.name || other.address === node.address);
    if (twin < i) {
      const key = checked[twin].name === node.name ? 'name' : 'address';
      throw refuse(`${prop}[${i}].${key}`, node[key], `${prop}[${twin}] has it already`);
    }
  });
  return checked;
}

/** The nodes that take new requests; a pool whose last node is drained serves nobody. */
export function activeNodes(prop: string, nodes: PoolNode[]): PoolNode[] {
  const active = nodes.filter((node) => !node.drained);
  if (active.length === 0) {
    throw refuse(prop, nodes.map((node) => node.name), 'all of them are drained: leave one that takes the requests');
  }
  return active;
}

function checkNode(prop: string, node: PoolNode): PoolNode {
  return {
    ...node,
    name: domainName(`${prop}.name`, node?.name),
    address: ipAddress(`${prop}.address`, node.address),
    ...(node.weight === undefined ? {} : { weight: integer(`${prop}.weight`, node.weight, 1, 1000) }),
  };
}
