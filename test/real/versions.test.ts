import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App } from 'cdk8s';
import * as cdk8s from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { parseAllDocuments } from 'yaml';
import { authority } from './support/certificates';
import { temporaryFolder } from './support/cleanup';
import { atLeast, NginxBinary, nginxVersions } from './support/nginx-binaries';
import { Nginx, NginxOptions, RELOCATED, ROOT } from './support/nginx-process';
import * as lib from '../../lib';
import { everything, EverythingOptions } from '../sites/everything';

/** The oldest version that the proxy in the cluster supports. */
const OLDEST_OF_PROXY = '1.24';

let binaries: NginxBinary[];
beforeAll(async () => {
  binaries = await nginxVersions();
}, 300_000);

/** The library, as a program sees it that says which version of nginx there is. */
function libraryFor(version: string): typeof lib {
  class IngressBalancer extends lib.IngressBalancer {
    constructor(scope: Construct, id: string, props: lib.IngressBalancerProps) {
      super(scope, id, { ...props, nginxVersion: version });
    }
  }
  class EgressProxy extends lib.EgressProxy {
    constructor(scope: Construct, id: string, props: lib.EgressProxyProps) {
      super(scope, id, { ...props, nginxVersion: atLeast(version, OLDEST_OF_PROXY) ? version : OLDEST_OF_PROXY });
    }
  }
  return { ...lib, IngressBalancer, EgressProxy };
}

/** Runs a program or a site with another version of nginx than it says. */
async function withVersion(version: string, run: () => Promise<void>): Promise<void> {
  // what does not depend on the version is loaded once
  jest.doMock('cdk8s', () => cdk8s);
  jest.doMock('cdk8s-plus-28', () => kplus);
  jest.doMock('../../lib', () => libraryFor(version));
  await jest.isolateModulesAsync(run);
}

/** Writes what `main.ts` writes. */
async function main(version: string, outdir: string): Promise<void> {
  process.env.CDK8S_OUTDIR = outdir;
  try {
    await withVersion(version, async () => void await import('../../main'));
  } finally {
    delete process.env.CDK8S_OUTDIR;
  }
}

/** Writes what the sites write that golden trees are made of. */
async function goldenSite(module: string, version: string, outdir: string): Promise<void> {
  await withVersion(version, async () => {
    const site = await import(join('../sites', module)) as { [name: string]: (outdir: string) => App };
    const [build] = Object.values(site).filter((value) => typeof value === 'function');
    build(outdir).synth();
  });
}

const GOLDEN_SITES = readdirSync(join(__dirname, '../sites'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'everything.ts')
  .map((file) => file.slice(0, -'.ts'.length));

type Write = (version: string, outdir: string) => void | Promise<void>;
const all = (inFront: EverythingOptions['inFront']): Write => (nginxVersion, outdir) => everything({ outdir, nginxVersion, inFront }).synth();

describe.each<[site: string, write: Write]>([
  ['main.ts', main],
  ...GOLDEN_SITES.map((site): [string, Write] => [site, (version, outdir) => goldenSite(site, version, outdir)]),
  ['everything', all('nothing')],
  ['everything behind trusted proxies', all('headers')],
  ['everything behind proxies that speak PROXY protocol', all('PROXY protocol')],
])('%s', (_, write) => {
  test('passes nginx -t without a warning on every version of nginx', async () => {
    for (const binary of binaries) {
      const outdir = temporaryFolder('versions');
      await write(binary.version, outdir);

      await expectAccepted(balancerOptions(outdir, binary), binary);
      if (atLeast(binary.version, OLDEST_OF_PROXY)) {
        await expectAccepted(podOptions(outdir, binary), binary);
      }
    }
  });
});

async function expectAccepted(options: NginxOptions, { version }: NginxBinary): Promise<void> {
  expect({ version, ...await Nginx.test(options) }).toMatchObject({ ok: true, output: expect.stringContaining('successful') as string });
  // what this version has is written, so the text is indeed the one for it
  expect(Object.values(options.files).some((text) => text.includes('keepalive_min_timeout'))).toBe(atLeast(version, '1.27.4'));
}

/** The balancer's tree as its machine would have it, on an address of this test's own and with certificates in their places. */
function balancerOptions(outdir: string, binary: NginxBinary): NginxOptions {
  const texts = textsBelow(outdir, (path) => /\/etc\/nginx\/.*\.conf$/.test(path));
  const files = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, elsewhere(text)
    .replace(/^user\s.*$/m, '')
    .replace(/^load_module\s.*$/m, binary.streamModule ? `load_module ${binary.streamModule};` : '')]));
  return { binary, ...withCertificates(files), replace: [...RELOCATED, ['/etc/ssl/', `${ROOT}/etc/ssl/`]] };
}

/** The configuration as a pod would find it, with what the init container writes. */
function podOptions(outdir: string, binary: NginxBinary): NginxOptions {
  const objects = Object.values(textsBelow(outdir, (path) => path.endsWith('.yaml')))
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest));
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const pod = deployment?.spec?.template.spec as Pod;
  const files = { ...mounted(pod.containers[0], pod, objects), ...writtenAtStart(pod, objects) };
  const config = pod.containers[0].command.slice(-1)[0].slice(1);
  const texts = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, path.endsWith('.conf') ? elsewhere(text) : text]));
  return { binary, config, files: { ...texts, 'etc/ssl/cert.pem': authority().cert, 'etc/ssl/certs/ca-certificates.crt': authority().cert }, replace: [
    ['/etc/gatehouse/', `${ROOT}/etc/gatehouse/`], ['/etc/ssl/', `${ROOT}/etc/ssl/`], ['/tmp/nginx', `${ROOT}/temp`],
  ] };
}

interface Container {
  readonly command: string[];
  readonly volumeMounts: { readonly name: string; readonly mountPath: string }[];
}
interface Projection {
  readonly name: string;
  readonly items?: { readonly key: string; readonly path: string }[];
}
interface Pod {
  readonly containers: Container[];
  readonly initContainers?: Container[];
  readonly volumes: Volume[];
}
interface Volume {
  readonly name: string;
  readonly projected?: { readonly sources: { readonly configMap?: Projection; readonly secret?: Projection }[] };
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Record<string, string>;
  readonly spec?: { readonly template: { readonly spec: Pod } };
}

/** What a container finds in its projected volumes: ConfigMaps of the output, and something that fits for all others. */
function mounted({ volumeMounts }: Container, { volumes }: Pod, objects: Manifest[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { name, mountPath } of volumeMounts) {
    for (const { configMap, secret } of volumes.find((volume) => volume.name === name)?.projected?.sources ?? []) {
      const { name: object, items } = configMap ?? secret ?? { name: '' };
      const data = configMap && objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === object)?.data;
      for (const { key, path } of items ?? Object.keys(data ?? {}).map((each) => ({ key: each, path: each }))) {
        files[`${mountPath}/${path}`.slice(1)] = data?.[key] ?? secretValue(key);
      }
    }
  }
  return files;
}

function secretValue(key: string): string {
  switch (key) {
    case 'tls.key':
      return pair().key;
    case 'token':
    case 'api.key':
      return 'Bearer "a" \\ $b 🧀\n';
    default:
      return pair().cert;
  }
}

/** Runs the init container's script on the Secrets that it mounts; what it wrote. */
function writtenAtStart(pod: Pod, objects: Manifest[]): Record<string, string> {
  const [init] = pod.initContainers ?? [];
  if (!init) {
    return {};
  }
  const root = temporaryFolder('init');
  for (const { mountPath } of init.volumeMounts) {
    mkdirSync(join(root, mountPath), { recursive: true });
  }
  for (const [path, text] of Object.entries(mounted(init, pod, objects))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const [shell, option, script, ...values] = init.command;
  execFileSync(shell, [option, script.split('/etc/gatehouse/').join(`${root}/etc/gatehouse/`), ...values]);
  return textsBelow(root, (path) => path.endsWith('.conf'));
}

/** The texts of files by their path below a folder. */
function textsBelow(folder: string, wanted: (path: string) => boolean): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(wanted);
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

/** The same with addresses that nobody else listens on, and with ports that need no privilege. */
function elsewhere(text: string): string {
  const moved = (port: number): number => (port < 10_000 ? port + 40_000 : port);
  return text.replace(/^(\s*listen\s+)(\d+)/gm, (_, start: string, port: string) => `${start}127.90.4.2:${moved(Number(port))}`);
}

/** Certificates and keys where the configuration of a machine expects them. */
function withCertificates(files: Record<string, string>): Pick<NginxOptions, 'files'> {
  const found = [...Object.values(files).join('\n').matchAll(/^\s*(?:proxy_)?ssl_\w*certificate\w*\s+(\/[^;]+);/gm)].map(([, path]) => path);
  const [main = ''] = Object.keys(files).filter((path) => path.endsWith('/etc/nginx/nginx.conf'));
  const places = found.map((path) => [
    path.startsWith('/etc/nginx/') ? join(dirname(main), path.slice('/etc/nginx/'.length)) : path.slice(1), path.endsWith('.key') ? pair().key : pair().cert,
  ]);
  return { files: { ...files, ...Object.fromEntries(places) as Record<string, string> } };
}

let issued: { readonly cert: string; readonly key: string } | undefined;
function pair(): { readonly cert: string; readonly key: string } {
  return issued ??= authority().issue({ names: ['example.com'] });
}
