import { LoopbackSite } from './site';
import { Backend, EnvironmentEntry, ManagementEntry } from '../../../lib';
import { received } from '../support/client';

/* Nodes of different weight, and nodes that are taken out. */

const site = new LoopbackSite(44);

/** How often each backend, or each status of an error, answered. */
async function counts(host: string, requests: number): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: requests }, () => site.request({ host })));
  const result: Record<string, number> = {};
  for (const answer of answers) {
    const name = answer.status === 200 ? received(answer).server : String(answer.status);
    result[name] = (result[name] ?? 0) + 1;
  }
  return result;
}

test('a node of weight 2 gets twice the requests, a drained one none, not even when all others fail', async () => {
  const [node1, node2] = await site.nodes();
  const node3 = await site.backend('node3', 23);
  const machines = await site.backend('machine1', 31);
  await site.backend('machine2', 32);
  await site.serve((chart, balancer) => {
    new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['prod.example'] });
    new ManagementEntry(chart, 'machines', {
      balancer, domains: ['machines.example'],
      backend: Backend.machines([
        { name: 'machine1', address: site.at(31), weight: 3 },
        { name: 'machine2', address: site.at(32) },
        { name: 'machine3', address: site.at(33), drained: true },
      ]),
    });
  }, { nodes: [site.node(1, { weight: 2 }), site.node(2), site.node(3, { drained: true })] });

  expect(await counts('prod.example', 60)).toEqual({ node1: 40, node2: 20 });
  expect(await counts('machines.example', 40)).toEqual({ machine1: 30, machine2: 10 });

  await node1.stop();
  expect(await counts('prod.example', 12)).toEqual({ node2: 12 });
  await node2.stop();
  expect(await counts('prod.example', 12)).toEqual({ 502: 12 });
  expect(node3.requests).toHaveLength(0);

  await machines.stop();
  expect(await counts('machines.example', 8)).toEqual({ machine2: 8 });
});
