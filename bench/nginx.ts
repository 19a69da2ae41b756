import { readFileSync } from 'fs';
import { App, Chart, Testing } from 'cdk8s';
import { SITES } from './sites';
import { IngressBalancer } from '../lib';
import { NginxBinary, nginxVersions } from '../test/real/support/nginx-binaries';
import { Nginx } from '../test/real/support/nginx-process';

/*
 * What real nginx makes of 1,000 entries and 1,000 routes: the time of `nginx -t` against that of the hand-written reference
 * with as many servers, and the memory of a proxy against the limit that its manifest states.
 */

const SIZE = 1000;
const REPETITIONS = 5;

interface Manifest {
  readonly kind: string;
  readonly data?: { [file: string]: string };
  readonly spec?: { template?: { spec: { containers: { resources: { limits: { memory: string } } }[] } } };
}

/** Prints both for every version of nginx that can be had. */
export async function benchNginx(): Promise<void> {
  for (const binary of await nginxVersions()) {
    await compareTests(binary);
  }
  for (const binary of (await nginxVersions()).slice(1)) {
    await measureMemory(binary);
  }
}

async function compareTests(binary: NginxBinary): Promise<void> {
  const ours = entries(binary.version);
  const reference = { 'nginx.conf': referenceConfiguration() };
  const ratios = [];
  for (let i = 0; i < REPETITIONS; i++) {
    // side by side, so that a busy moment of the machine hits both
    ratios.push(await testTime(binary, ours) / await testTime(binary, reference));
  }
  const median = ratios.sort((a, b) => a - b)[Math.floor(REPETITIONS / 2)];
  console.log(`nginx ${binary.version}: nginx -t of ${SIZE} entries takes ${median.toFixed(2)} times that of the reference's ${SIZE} servers`);
}

async function testTime(binary: NginxBinary, files: { [path: string]: string }): Promise<number> {
  const begin = process.hrtime.bigint();
  const { ok, output } = await Nginx.test({ binary, files });
  if (!ok) {
    throw new Error(output);
  }
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

async function measureMemory(binary: NginxBinary): Promise<void> {
  const manifests = routes(binary.version);
  const texts = manifests.filter(({ kind }) => kind === 'ConfigMap').flatMap(({ data }) => Object.entries(data ?? {}));
  const files = Object.fromEntries(texts.map(([file, text]) => [`etc/nginx/${file}`, text]));
  const limit = manifests.find(({ kind }) => kind === 'Deployment')?.spec?.template?.spec.containers[0].resources.limits.memory;
  const begin = Date.now();
  const nginx = await Nginx.start({ binary, files });
  const seconds = (Date.now() - begin) / 1000;
  const used = [nginx.pid, ...nginx.workers()].map(proportionalSize).reduce((sum, each) => sum + each, 0);
  await nginx.stop();
  const largest = Math.max(...manifests.map((manifest) => JSON.stringify(manifest).length));
  console.log(`nginx ${binary.version}: ${SIZE} routes, half of them https, take ${(used / 1024).toFixed(0)} MiB of the limit of ${limit}; `
    + `tested and started in ${seconds.toFixed(1)} s; the largest object has ${(largest / 1024).toFixed(0)} KiB`);
}

/** KiB of a process, with its part of what it shares. */
function proportionalSize(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]);
}

function entries(nginxVersion: string): { [path: string]: string } {
  const chart = new Chart(new App(), 'traffic', { namespace: 'prod' });
  SITES.plain(chart, SIZE, nginxVersion);
  const balancer = chart.node.children.find((child) => child instanceof IngressBalancer) as IngressBalancer;
  // the user of the packages need not be on this machine
  return Object.fromEntries(Object.entries(balancer.files).map(([path, text]) => [path, text.replace(/^user .*$/m, '')]));
}

function routes(nginxVersion: string): Manifest[] {
  const chart = new Chart(new App(), 'traffic', { namespace: 'prod' });
  SITES.routes(chart, SIZE, nginxVersion);
  return Testing.synth(chart) as Manifest[];
}

function referenceConfiguration(): string {
  const servers = Array.from({ length: SIZE }, (_, i) => readFileSync(`${__dirname}/reference-server.conf`, 'utf8').replace(/@number@/g, String(i)));
  return readFileSync(`${__dirname}/reference.conf`, 'utf8').replace('@servers@', servers.join('\n'));
}
