import { environment, LoopbackSite, oldestAndNewest } from './site';

test('connections to the nodes are kept, on the oldest and on the newest nginx', async () => {
  const kept = await Promise.all((await oldestAndNewest()).map(async (binary, i) => {
    const own = new LoopbackSite(14 + i);
    const node = await own.backend('node1', 21);
    const server = await own.serve(environment('prod'), { binary, nodes: [own.node(1)] });
    for (let count = 0; count < 50; count++) {
      await own.request({ host: 'prod.example' });
    }
    return { requests: node.requests.length, connections: node.connections, workers: server.workers().length };
  }));

  kept.forEach(({ requests, connections, workers }) => {
    expect(requests).toBe(50);
    // each worker keeps connections of its own
    expect(connections).toBeLessThanOrEqual(workers);
  });
});
