import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, closeSync, constants, existsSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync,
  statSync, symlinkSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { PodNetwork, PodPlace } from './pod-network';
import { atEnd, temporaryFolder } from '../support/cleanup';
import { request } from '../support/client';
import { NginxBinary } from '../support/nginx-binaries';
import { until } from '../support/nginx-process';

/** What of a manifest's pod matters here; whatever else is in it is the API server's business. */
export interface PodSpec {
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number; readonly runAsGroup: number; readonly fsGroup: number };
  readonly terminationGracePeriodSeconds: number;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly NginxContainer[];
  readonly volumes: readonly Volume[];
}

export interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly securityContext: {
    readonly readOnlyRootFilesystem: boolean;
    readonly allowPrivilegeEscalation: boolean;
    readonly capabilities: { readonly drop: readonly string[] };
  };
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface NginxContainer extends Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: number } };
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly projected?: { readonly sources: readonly Projection[] };
}
interface Projection {
  readonly configMap?: Projected;
  readonly secret?: Projected;
}
interface Projected {
  readonly name: string;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

/** `configMap/name` or `secret/name` → key → content. */
export type Objects = ReadonlyMap<string, Readonly<Record<string, string | Buffer>>>;

export interface PodOptions {
  readonly binary: NginxBinary;
  readonly network: PodNetwork;
  /** The ConfigMaps and Secrets of the cluster. */
  readonly objects: Objects;
  /** What the image trusts by itself, in PEM; default: what this machine trusts. */
  readonly systemCa?: string;
  /** A folder that is /bin of the image, instead of this machine's. */
  readonly tools?: string;
}

export interface Termination {
  /** What the image says that ends it; default SIGQUIT, as the official image. */
  readonly stopSignal?: NodeJS.Signals;
  /**
   * Seconds of the `sleep` in the hook instead of what it says: it is as long as endpoints take to go on all nodes at the most, and here
   * they go sooner, so that tests need not wait.
   */
  readonly preStopSeconds?: number;
  /** Instead of the manifest's. */
  readonly graceSeconds?: number;
}

export interface Ended {
  readonly seconds: number;
  /** Whether it was still there at the end of the grace period, and was killed. */
  readonly killed: boolean;
}

/** An emptied environment but for what images set. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
/** Where setpriv of this machine is in the container, whatever tools the image has. */
const SETPRIV = '/.setpriv';

/**
 * A pod of a manifest, run the way Kubernetes runs it, without Kubernetes: init containers one after the other, then nginx, each in its
 * own namespaces of mounts and processes and all in one of the network; as the user of the manifest, without capabilities, on a root
 * that is read-only where the manifest says so, with the volumes of the manifest and nothing else that can be written.
 */
export class Pod {
  /** Throws what keeps the pod from starting: a volume whose ConfigMap, Secret or key is missing, or an init container that fails. */
  static async start(spec: PodSpec, options: PodOptions): Promise<Pod> {
    const pod = new Pod(spec, options);
    atEnd(() => pod.kill());
    try {
      pod.mountVolumes();
      for (const container of spec.initContainers ?? []) {
        const process = new ContainerProcess(container, pod.frame);
        await process.exited(30_000);
        pod.initLog += process.stderr;
        if (process.exitCode !== 0) {
          throw new Error(`init container ${container.name} ended with ${process.exitCode}:\n${process.stderr}`);
        }
      }
      pod.main = new ContainerProcess(spec.containers[0], pod.frame);
      await until(() => pod.main?.pid !== undefined || !pod.isRunning(), 10_000, 'the container');
    } catch (error) {
      await pod.kill();
      throw error;
    }
    return pod;
  }

  readonly place: PodPlace;
  /** What the init containers wrote to stderr. */
  initLog = '';
  private readonly folder = temporaryFolder('pod');
  private main?: ContainerProcess;
  private earlier = { stdout: '', stderr: '' };

  private constructor(readonly spec: PodSpec, private readonly options: PodOptions) {
    this.place = options.network.attach();
  }

  get address6(): string {
    return this.place.address6;
  }

  get address(): string {
    return this.place.address;
  }

  /** What nginx wrote, also before a restart. */
  get stdout(): string {
    return this.earlier.stdout + (this.main?.stdout ?? '');
  }

  get stderr(): string {
    return this.earlier.stderr + (this.main?.stderr ?? '');
  }

  /** The lines of the access log; throws when one is no JSON. */
  get log(): Record<string, string | number>[] {
    return this.stdout.split('\n').slice(0, -1).map((line) => {
      try {
        return JSON.parse(line) as Record<string, string | number>;
      } catch {
        throw new Error(`no JSON: ${line}`);
      }
    });
  }

  /** The nginx master and its workers, as this machine numbers them. */
  get processes(): number[] {
    const master = this.main?.pid;
    return master === undefined ? [] : [master, ...childrenOf(master)];
  }

  /** Bytes of all its processes: what each has in memory, or its part of what they share. */
  memory(kind: 'Rss' | 'Pss'): number {
    const kilobytes = this.processes.map((id) => {
      try {
        return Number(new RegExp(`^${kind}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
      } catch {
        return 0; // ended meanwhile
      }
    });
    return kilobytes.reduce((sum, each) => sum + each, 0) * 1024;
  }

  /** Bytes of the files that nginx has written to the volumes. */
  written(): number {
    const emptyDirs = this.spec.volumes.filter(({ emptyDir }) => emptyDir).map(({ name }) => join(this.folder, 'volumes', name));
    const files = emptyDirs.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    return files.filter(({ name }) => name !== 'nginx.pid').reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  }

  isRunning(): boolean {
    return this.main !== undefined && !this.main.ended;
  }

  /** A pod without the port of a Service is none of its endpoints. */
  hasPort(name: string): boolean {
    return this.spec.containers[0].ports.some((port) => port.name === name);
  }

  /** The container port of a name. */
  port(name: string): number {
    return this.spec.containers[0].ports.find((port) => port.name === name)!.containerPort;
  }

  /** Waits for the readiness probe; asked more often than Kubernetes does. */
  async ready(milliseconds = 20_000): Promise<this> {
    const { path, port } = this.spec.containers[0].readinessProbe.httpGet;
    const end = Date.now() + milliseconds;
    while ((await request({ address: this.address, port, path, timeoutMs: 3000 })).status !== 204) {
      if (!this.isRunning()) {
        throw new Error(`nginx ended with ${this.main?.exitCode}:\n${this.stderr}`);
      }
      if (Date.now() > end) {
        throw new Error(`not ready after ${milliseconds} ms:\n${this.stderr}`);
      }
      await new Promise((done) => setTimeout(done, 20));
    }
    return this;
  }

  /** Runs a command in the container, as `kubectl exec` does. */
  async exec(...command: string[]): Promise<{ code: number | null; output: string }> {
    const [master] = this.processes;
    if (master === undefined) {
      throw new Error('the container does not run');
    }
    const enter = ['--target', String(master), '--mount', '--pid', '--net', '--root', '--wd'];
    const child = spawn('nsenter', [...enter, '--', ...asUser(this.spec), ...command], { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => output += String(data));
    child.stderr.on('data', (data) => output += String(data));
    const code = await new Promise<number | null>((done) => child.on('close', done));
    return { code, output };
  }

  /** A request of a process in the pod to one of its ports: the status. */
  async askFromInside(port: number, path: string): Promise<number> {
    const program = 'require("http").get(process.argv[1], { agent: false }, ({ statusCode }) => process.stdout.write(String(statusCode), () => process.exit()))';
    const child = spawn('ip', ['netns', 'exec', this.place.namespace, process.execPath, '-e', program, `http://127.0.0.1:${port}${path}`]);
    let output = '';
    child.stdout.on('data', (data) => output += String(data));
    await new Promise((done) => child.on('close', done));
    return Number(output);
  }

  /** nginx crashes and is started again, in the same pod: the files of `objects` are those of now. */
  async restart(): Promise<void> {
    await this.killMain();
    this.earlier = { stdout: this.stdout, stderr: this.stderr };
    this.main = undefined;
    this.mountVolumes();
    this.main = new ContainerProcess(this.spec.containers[0], this.frame);
    await until(() => this.main?.pid !== undefined || !this.isRunning(), 10_000, 'the container');
  }

  /** Ends the pod as Kubernetes does: the hook, then the stop signal, and SIGKILL at the end of the grace period. */
  async terminate({ stopSignal = 'SIGQUIT', preStopSeconds, graceSeconds = this.spec.terminationGracePeriodSeconds }: Termination = {}): Promise<Ended> {
    const start = Date.now();
    const isOver = (): boolean => Date.now() - start >= graceSeconds * 1000;
    let hookEnded = false;
    void this.exec(...this.preStop(preStopSeconds)).then(() => hookEnded = true);
    await until(() => hookEnded || !this.isRunning() || isOver(), graceSeconds * 1000 + 5000, 'the hook');
    if (this.isRunning()) {
      this.processes.slice(0, 1).forEach((master) => process.kill(master, stopSignal));
      // two seconds are granted in any case
      const end = Math.max(start + graceSeconds * 1000, Date.now() + 2000);
      await until(() => !this.isRunning() || Date.now() >= end, graceSeconds * 1000 + 5000, 'the end of the pod');
    }
    const killed = this.isRunning();
    const seconds = (Date.now() - start) / 1000;
    await this.kill();
    return { seconds, killed };
  }

  /** Ends it without any notice: as a node that fails, or at the end of the tests. */
  async kill(): Promise<void> {
    await this.killMain();
    this.options.network.detach(this.place);
  }

  private preStop(seconds: number | undefined): string[] {
    const { command } = this.spec.containers[0].lifecycle.preStop.exec;
    if (seconds === undefined) {
      return [...command];
    }
    const changed = command.map((word) => word.replace(/^sleep \d+/, `sleep ${seconds}`));
    if (changed.join() === command.join()) {
      throw new Error(`no sleep in the hook: ${command.join(' ')}`);
    }
    return changed;
  }

  private async killMain(): Promise<void> {
    if (this.main && !this.main.ended) {
      this.main.kill();
      await this.main.exited(5000);
    }
  }

  private get frame(): Frame {
    return { spec: this.spec, options: this.options, place: this.place, folder: this.folder };
  }

  private mountVolumes(): void {
    for (const { name, emptyDir, projected } of this.spec.volumes) {
      const folder = join(this.folder, 'volumes', name);
      if (emptyDir) {
        // what a container that ended has left in it stays
        makeFolder(folder, 0o2777, this.spec.securityContext.fsGroup);
      } else if (projected) {
        rmSync(folder, { recursive: true, force: true });
        makeFolder(folder, 0o2777, this.spec.securityContext.fsGroup);
        this.project(folder, name, projected.sources);
      } else {
        throw new Error(`volume ${name} is of a kind that this test does not know`);
      }
    }
  }

  /** As kubelet writes them: behind a link that can be changed at once, and readable for the group. */
  private project(folder: string, volume: string, sources: readonly Projection[]): void {
    const group = this.spec.securityContext.fsGroup;
    const data = join(folder, '..data_1');
    makeFolder(data, 0o2755, group);
    symlinkSync('..data_1', join(folder, '..data'));
    for (const source of sources) {
      const [kind, object] = source.configMap ? ['configMap', source.configMap] : ['secret', source.secret!];
      const content = this.options.objects.get(`${kind}/${object.name}`);
      if (!content) {
        throw new Error(`MountVolume.SetUp failed for volume "${volume}": ${kind} "${object.name}" not found`);
      }
      for (const { key, path } of object.items ?? Object.keys(content).map((each) => ({ key: each, path: each }))) {
        if (!(key in content)) {
          throw new Error(`MountVolume.SetUp failed for volume "${volume}": references non-existent key ${key} of ${kind} "${object.name}"`);
        }
        const file = join(data, path);
        makeFolder(dirname(file), 0o2755, group);
        writeFileSync(file, content[key]);
        chownSync(file, 0, group);
        chmodSync(file, kind === 'secret' ? 0o640 : 0o644);
        const top = join(folder, path.split('/')[0]);
        if (!existsSync(top)) {
          symlinkSync(join('..data', path.split('/')[0]), top);
        }
      }
    }
  }
}

interface Frame {
  readonly spec: PodSpec;
  readonly options: PodOptions;
  readonly place: PodPlace;
  readonly folder: string;
}

/** One container, from its start to its end. */
class ContainerProcess {
  stdout = '';
  stderr = '';
  ended = false;
  exitCode: number | null = null;
  private readonly child: ChildProcess;
  private readonly pipes: Socket[] = [];
  private closed = false;

  constructor(container: Container, frame: Frame) {
    const root = join(frame.folder, `root-${container.name}`);
    mkdirSync(root, { recursive: true });
    const [out, err] = ['stdout', 'stderr'].map((name) => this.pipe(join(frame.folder, `${container.name}-${name}`), frame, (text) => {
      this[name as 'stdout' | 'stderr'] += text;
    }));
    // this machine's processes end with the tests, and those of a container with their first one
    const words = ['netns', 'exec', frame.place.namespace, 'setpriv', '--pdeathsig=KILL', '--', 'unshare', '--mount', '--pid', '--ipc', '--uts', '--fork',
      '--kill-child', '--', '/bin/sh', '-euc', containerScript(root, container, frame), 'container', ...container.command];
    this.child = spawn('ip', words, { env: ENVIRONMENT, stdio: ['ignore', out, err] });
    closeSync(out);
    closeSync(err);
    this.child.on('exit', (code) => {
      this.exitCode = code;
      this.ended = true;
      // what is in the pipes can be read, and then nobody writes to them any more
      setTimeout(() => {
        this.pipes.forEach((each) => each.destroy());
        this.closed = true;
      }, 50);
    });
  }

  /** Process 1 of the container, once it is what the manifest says. */
  get pid(): number | undefined {
    const [first] = childrenOf(this.child.pid ?? 0);
    try {
      return first && !['sh', 'setpriv', 'unshare'].includes(readFileSync(`/proc/${first}/comm`, 'utf8').trim()) ? first : undefined;
    } catch {
      return undefined;
    }
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  async exited(milliseconds: number): Promise<void> {
    await until(() => this.closed, milliseconds, 'the end of a container');
  }

  /** A pipe that the user of the container may open by its name, as /dev/stdout; its end to write to. */
  private pipe(path: string, { spec }: Frame, append: (text: string) => void): number {
    rmSync(path, { force: true });
    execFileSync('mkfifo', [path]);
    chownSync(path, spec.securityContext.runAsUser, spec.securityContext.runAsGroup);
    // open for both, else it ends before anybody writes
    const reader = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false });
    reader.setEncoding('utf8');
    reader.on('data', append);
    this.pipes.push(reader);
    return openSync(path, constants.O_WRONLY);
  }
}

/** Makes the container's root from this machine's programs and the volumes, enters it, and becomes the command. */
function containerScript(root: string, container: Container, { spec, options: { binary, systemCa, tools }, folder }: Frame): string {
  const bind = (from: string, to: string, mode = 'ro'): string[] => [`mount -o bind,${mode} '${from}' '${root}${to}'`];
  const directories = ['/proc', '/dev', '/etc/ssl/certs', '/tmp', '/usr/bin', '/usr/lib', '/usr/sbin', '/var', ...container.volumeMounts.map(({ mountPath }) => mountPath)];
  const systemCaFile = join(folder, 'ca-certificates.crt');
  if (systemCa !== undefined) {
    writeFileSync(systemCaFile, systemCa);
  }
  return [
    `mount -t tmpfs -o mode=755 none '${root}'`,
    `mkdir -p ${directories.map((each) => `'${root}${each}'`).join(' ')}`,
    ...bind(tools ?? '/usr/bin', '/usr/bin'),
    ...bind('/usr/lib', '/usr/lib'),
    ...['bin', 'lib', 'lib64'].flatMap((name) => topFolder(root, name, tools)),
    ...(binary.libraries ? [`mkdir -p '${root}${binary.libraries}'`, ...bind(binary.libraries, binary.libraries)] : []),
    `touch '${root}/usr/sbin/nginx' '${root}${SETPRIV}' '${root}/etc/ssl/certs/ca-certificates.crt'`,
    ...bind(binary.path, '/usr/sbin/nginx'),
    ...bind('/usr/bin/setpriv', SETPRIV),
    ...bind(systemCa === undefined ? '/etc/ssl/certs/ca-certificates.crt' : systemCaFile, '/etc/ssl/certs/ca-certificates.crt'),
    `echo 'root:x:0:0::/:/bin/sh\nnginx:x:101:101::/:/bin/sh' > '${root}/etc/passwd'`,
    `echo 'root:x:0:\nnginx:x:101:' > '${root}/etc/group'`,
    ...['null', 'zero', 'random', 'urandom'].flatMap((name) => [`touch '${root}/dev/${name}'`, ...bind(`/dev/${name}`, `/dev/${name}`, 'rw')]),
    ...['stdin', 'stdout', 'stderr'].map((name, fd) => `ln -s /proc/self/fd/${fd} '${root}/dev/${name}'`),
    `mount -t proc -o nosuid,nodev,noexec none '${root}/proc'`,
    ...container.volumeMounts.flatMap(({ name, mountPath, readOnly }) => bind(join(folder, 'volumes', name), mountPath, readOnly || !isEmptyDir(spec, name) ? 'ro' : 'rw')),
    ...(container.securityContext.readOnlyRootFilesystem ? [`mount -o remount,ro '${root}'`] : []),
    // container runtimes give more than a login on this machine does
    'ulimit -Hn 524288 2>/dev/null || true',
    `exec chroot '${root}' ${asUser(spec).join(' ')} "$@"`,
  ].join('\n');
}

function topFolder(root: string, name: string, tools: string | undefined): string[] {
  if (name === 'bin' && tools) {
    return [`ln -s usr/bin '${root}/bin'`];
  }
  if (!existsSync(`/${name}`)) {
    return [];
  }
  return lstatSync(`/${name}`).isSymbolicLink()
    ? [`mkdir -p '${root}/usr/${name}'`, `ln -s '${readlinkSync(`/${name}`)}' '${root}/${name}'`, ...(name === 'lib64' ? [`mount -o bind,ro '/usr/lib64' '${root}/usr/lib64'`] : [])]
    : [`mkdir -p '${root}/${name}'`, `mount -o bind,ro '/${name}' '${root}/${name}'`];
}

function isEmptyDir({ volumes }: PodSpec, name: string): boolean {
  return volumes.some((volume) => volume.name === name && volume.emptyDir !== undefined);
}

/** The manifest says which user, and that it must not be root. */
function asUser({ securityContext: { runAsNonRoot, runAsUser, runAsGroup, fsGroup } }: PodSpec): string[] {
  if (!runAsNonRoot || runAsUser === 0) {
    throw new Error('the container would run as root');
  }
  return [SETPRIV, '--pdeathsig=KILL', `--reuid=${runAsUser}`, `--regid=${runAsGroup}`, `--groups=${fsGroup}`, '--no-new-privs', '--bounding-set=-all',
    '--inh-caps=-all', '--ambient-caps=-all', '--'];
}

function makeFolder(path: string, mode: number, group: number): void {
  mkdirSync(path, { recursive: true });
  chownSync(path, 0, group);
  chmodSync(path, mode);
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter((id) => id.trim() !== '').map(Number);
  } catch {
    return [];
  }
}
