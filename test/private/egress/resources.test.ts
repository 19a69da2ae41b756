import { Size } from 'cdk8s';
import { ContainerResources, Cpu } from 'cdk8s-plus-28';
import { resourceRequirements, workerProcesses } from '../../../lib/private/egress/resources';

/** What stands in the manifest. */
function stated(resources: ContainerResources | undefined, routes = 0): unknown {
  const { requests, limits } = resourceRequirements(resources, routes);
  const plain = (values: typeof requests) => values && Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
  return { requests: plain(requests), limits: plain(limits) };
}

test.each([
  [0, '64Mi', '256Mi'],
  [2, '64Mi', '256Mi'],
  [100, '64Mi', '288Mi'],
  [1000, '224Mi', '512Mi'],
  [3072, '512Mi', '1Gi'],
])('%d routes ask for %s and get at most %s of memory, in steps of 32 MiB', (routes, request, limit) => {
  expect(stated(undefined, routes)).toEqual({ requests: { cpu: '100m', memory: request }, limits: { cpu: '1', memory: limit } });
});

test('what the user says is taken, in the spelling of the API server', () => {
  const resources: ContainerResources = {
    cpu: { request: Cpu.millis(500), limit: Cpu.millis(2000) },
    memory: { request: Size.mebibytes(1024), limit: Size.gibibytes(1.5) },
    ephemeralStorage: { limit: Size.mebibytes(100) },
  };

  expect(stated(resources)).toEqual({
    requests: { cpu: '500m', memory: '1Gi' },
    limits: { 'cpu': '2', 'memory': '1536Mi', 'ephemeral-storage': '100Mi' },
  });
});

test('a fraction of a CPU is stated in thousandths', () => {
  expect(stated({ cpu: { request: Cpu.units(0.5), limit: Cpu.units(1.5) } })).toEqual({ requests: { cpu: '500m' }, limits: { cpu: '1500m' } });
});

test('what the user leaves out is left out', () => {
  expect(stated({ memory: { limit: Size.mebibytes(300) } })).toEqual({ requests: undefined, limits: { memory: '300Mi' } });
  expect(stated({})).toEqual({ requests: undefined, limits: undefined });
});

test.each([
  ['the default limit', undefined, 1],
  ['a limit of 2.5 CPUs', { cpu: { limit: Cpu.units(2.5) } }, 3],
  ['a limit of 200m', { cpu: { limit: Cpu.millis(200) } }, 1],
  ['a request without a limit', { cpu: { request: Cpu.units(4) } }, 4],
  ['memory alone', { memory: { limit: Size.gibibytes(1) } }, 1],
])('nginx has a worker for each CPU that it may use: %s', (_, resources, workers) => {
  expect(workerProcesses(resources)).toBe(workers);
});
