import { Size, SizeRoundingBehavior } from 'cdk8s';
import { ContainerResources, k8s } from 'cdk8s-plus-28';
import { refuse } from '../refuse';

/** Mebibytes of a proxy without routes, and of each route: what nginx needs for it, and room for the buffers of its requests. */
const MEMORY_REQUEST = { base: 64, perRoute: 0.15 };
const MEMORY_LIMIT = { base: 256, perRoute: 0.25 };
const CPU_REQUEST = '100m';
const CPU_LIMIT = '1';

/** What the container states: what the user says, or what the number of routes asks for. */
export function resourceRequirements(resources: ContainerResources | undefined, routes: number): k8s.ResourceRequirements {
  if (!resources) {
    return {
      requests: quantities({ cpu: CPU_REQUEST, memory: memory(MEMORY_REQUEST, routes) }),
      limits: quantities({ cpu: CPU_LIMIT, memory: memory(MEMORY_LIMIT, routes) }),
    };
  }
  const { cpu, memory: ram, ephemeralStorage: disk } = resources;
  const size = (value?: { toMebibytes(): number }) => value && canonicalMebibytes(value.toMebibytes());
  return {
    requests: quantities({ 'cpu': canonicalCpu(cpu?.request?.amount), 'memory': size(ram?.request), 'ephemeral-storage': size(disk?.request) }),
    limits: quantities({ 'cpu': canonicalCpu(cpu?.limit?.amount), 'memory': size(ram?.limit), 'ephemeral-storage': size(disk?.limit) }),
  };
}

/** Checks what the user says: whole mebibytes and thousandths of a CPU above 0, and no limit below its request. */
export function checkResources(resources: ContainerResources): void {
  const { cpu, memory: ram, ephemeralStorage: disk } = resources;
  checkPair('resources.cpu', cpu?.request && millis(cpu.request.amount), cpu?.limit && millis(cpu.limit.amount), 'thousandths of a CPU');
  const mebibytes = (value?: Size) => value?.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  checkPair('resources.memory', mebibytes(ram?.request), mebibytes(ram?.limit), 'mebibytes');
  checkPair('resources.ephemeralStorage', mebibytes(disk?.request), mebibytes(disk?.limit), 'mebibytes');
}

/** An autoscaler compares the CPU that is used with the request, which is the limit where only that is stated. */
export function checkMeasurable(resources: ContainerResources | undefined): void {
  if (resources && !resources.cpu?.request && !resources.cpu?.limit) {
    throw refuse('resources.cpu', resources.cpu, 'an autoscaler measures the CPU in percent of what is requested: state a request or a limit');
  }
}

function checkPair(prop: string, request: number | undefined, limit: number | undefined, unit: string): void {
  for (const [name, value] of Object.entries({ request, limit })) {
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw refuse(`${prop}.${name}`, `${value} ${unit}`, `a whole number of ${unit} above 0 is expected`);
    }
  }
  if (request !== undefined && limit !== undefined && request > limit) {
    throw refuse(`${prop}.limit`, `${limit} ${unit}`, `it is below the request, which is ${request}`);
  }
}

/** One worker for each CPU that the container may use: `auto` would count those of the node. */
export function workerProcesses(resources: ContainerResources | undefined): number {
  const amount = resources ? resources.cpu?.limit?.amount ?? resources.cpu?.request?.amount : CPU_LIMIT;
  return Math.max(1, Math.ceil(millis(amount ?? CPU_LIMIT) / 1000));
}

function memory({ base, perRoute }: { base: number; perRoute: number }, routes: number): string {
  return canonicalMebibytes(Math.round((base + perRoute * routes) / 32) * 32);
}

function quantities(values: { [resource: string]: string | undefined }): { [resource: string]: k8s.Quantity } | undefined {
  const given = Object.entries(values)
    .flatMap(([resource, value]) => (value === undefined ? [] : [[resource, k8s.Quantity.fromString(value)] as const]));
  return given.length > 0 ? Object.fromEntries(given) : undefined;
}

/** As the API server writes it: another spelling makes every `kubectl apply` a change. */
function canonicalMebibytes(mebibytes: number): string {
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}

function canonicalCpu(amount: string | undefined): string | undefined {
  return amount === undefined ? undefined : millis(amount) % 1000 === 0 ? String(millis(amount) / 1000) : `${millis(amount)}m`;
}

function millis(amount: string): number {
  return amount.endsWith('m') ? Number(amount.slice(0, -1)) : Math.round(Number(amount) * 1000);
}
