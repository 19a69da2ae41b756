import { environment, LoopbackSite, oldestAndNewest, pause } from './site';
import { PoolNode } from '../../../lib';
import { load } from '../support/load';

/* What a new configuration costs the requests that run. */

const prod = environment('prod');

test('a node that is drained under load loses no request and gets no more of them', async () => {
  const site = new LoopbackSite(7);
  const [, node2] = await site.nodes({ behaviours: { '*': { delayMs: 10 } } });
  const nodes = (drained: boolean): PoolNode[] => [site.node(1), site.node(2, { drained })];
  const server = await site.serve(prod, { nodes: nodes(false) });

  const running = load({
    address: site.address, port: 80, host: 'prod.example', method: 'POST', body: 'x', concurrency: 8, seconds: 1.5, keepAlive: false,
  });
  await pause(400);
  expect(node2.requests.length).toBeGreaterThan(0);
  await server.reload(await site.files(prod, { nodes: nodes(true) }));
  await pause(300);
  const last = node2.requests.length;
  await node2.stop();
  const { sent, statuses, errors } = await running;

  expect({ statuses, errors }).toEqual({ statuses: { 200: sent }, errors: {} });
  expect(node2.requests.length).toBe(last);
});

test('reloads under load with kept connections answer nothing wrong, on the oldest and on the newest nginx', async () => {
  const measured = await Promise.all((await oldestAndNewest()).map(async (binary, i) => {
    const site = new LoopbackSite(17 + i);
    await site.nodes();
    const server = await site.serve(prod, { binary });
    const running = load({ address: site.address, port: 80, host: 'prod.example', concurrency: 6, seconds: 2 });
    for (let count = 0; count < 3; count++) {
      await pause(400);
      await server.reload();
    }
    const { sent, statuses, errors } = await running;
    return { version: binary.version, sent, statuses, errors };
  }));
  console.info(`3 reloads under load with kept connections: ${measured.map((each) => JSON.stringify(each)).join(' ')}`);

  measured.forEach(({ statuses }) => expect(Object.keys(statuses)).toEqual(['200']));
});
