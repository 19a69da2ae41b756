import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { bytesOf, millisOf, nginxBytesOf } from './quantity';
import { Item } from './reader';
import { ProxyOptions } from '../../proxy-options';
import { Scheme } from '../../scheme';
import { versionInTag } from '../egress/image';
import { imageReference, serviceName } from '../kubernetes/grammar';
import { domainName, socketAddress, target } from '../nginx/grammar';
import { NginxVersion } from '../nginx/version';

/** The values of the Helm chart, as far as the proxy has something for them. */
export interface ChartValues {
  readonly maintenance: boolean;
  readonly image?: string;
  readonly imagePullPolicy?: kplus.ImagePullPolicy;
  readonly pullSecrets: string[];
  readonly resources?: kplus.ContainerResources;
  /** When the autoscaler is enabled. */
  readonly autoscaling?: { readonly min?: number; readonly max?: number; readonly cpuUtilization?: number };
  readonly nodeSelector: { [key: string]: string };
  readonly tolerations: kplus.NodeTaintQuery[];
  /** The parts of `affinity` that are carried over. */
  readonly affinity: { [kind: string]: unknown };
  readonly routes: ChartRoute[];
}

/** A router of the chart. */
export interface ChartRoute {
  readonly path: string;
  readonly line: number;
  readonly name: string;
  readonly scheme: Scheme;
  readonly host?: string;
  readonly targets: string[];
  /** Targets that are names. */
  readonly names: string[];
  readonly options: ProxyOptions;
}

/** Reads the values; what is noteworthy or wrong is in the report. */
export function readChartValues(root: Item): ChartValues {
  const autoscaling = readAutoscaling(root.get('autoscaling'));
  const values = {
    maintenance: root.get('maintenance').boolean() ?? false,
    ...readImage(root.get('image')),
    resources: readResources(root.get('resources')),
    autoscaling,
    nodeSelector: readNodeSelector(root.get('nodeSelector')),
    tolerations: root.get('tolerations').list().flatMap((item) => readToleration(item) ?? []),
    affinity: readAffinity(root.get('affinity')),
    routes: readRoutes(root.get('routers')),
  };
  const config = root.get('config');
  for (const file of config.keys()) {
    config.get(file).changed('the proxy writes its own configuration: this one is not carried over; what is missing can be added with \'addUncheckedDirectives\'');
  }
  root.rejectUnknown();
  return values;
}

function readImage(item: Item): Pick<ChartValues, 'image' | 'imagePullPolicy' | 'pullSecrets'> {
  const repository = item.get('repository').text();
  const tag = item.get('tag').text();
  const pullPolicy = readPullPolicy(item.get('pullPolicy'));
  const pullSecrets = item.get('pullSecrets').list().flatMap((secret) => (typeof secret.value === 'string' ? secret.value : secret.get('name').text()) ?? []);
  item.rejectUnknown();
  if (repository === undefined || tag === undefined) {
    item.changed('without a repository and a tag the image of the proxy\'s default is used');
    return { imagePullPolicy: pullPolicy, pullSecrets };
  }
  const image = `${repository}:${tag}`;
  item.check(() => imageReference('image', image));
  const version = versionInTag(tag);
  if (version === undefined) {
    item.get('tag').problem('the tag names no version of nginx, which decides what can be written: use one such as "1.30"');
  } else if (item.get('tag').check(() => NginxVersion.parse('image.tag', version, '1.24'))) {
    item.get('tag').note(`the image stays at nginx ${version}; 1.30.4 and newer have security fixes that matter for a proxy`);
  }
  return { image, imagePullPolicy: pullPolicy, pullSecrets };
}

function readPullPolicy(item: Item): kplus.ImagePullPolicy | undefined {
  const text = item.text();
  const policy = Object.values(kplus.ImagePullPolicy).find((each) => (each as string) === text);
  if (text !== undefined && policy === undefined) {
    item.problem(`one of ${Object.values(kplus.ImagePullPolicy).join(', ')} is expected`);
  }
  if (policy === kplus.ImagePullPolicy.ALWAYS) {
    item.note('pods start only while the registry answers; without a registry in reach use IfNotPresent');
  }
  return policy;
}

function readResources(item: Item): kplus.ContainerResources | undefined {
  if (!item.isGiven) {
    return undefined;
  }
  const limits = item.get('limits');
  const requests = item.get('requests');
  const resources = {
    cpu: { limit: readCpu(limits.get('cpu')), request: readCpu(requests.get('cpu')) },
    memory: { limit: readMemory(limits.get('memory')), request: readMemory(requests.get('memory')) },
  };
  [limits, requests, item].forEach((each) => each.rejectUnknown());
  return resources;
}

function readCpu(item: Item): kplus.Cpu | undefined {
  const millis = item.isGiven ? millisOf(String(item.value)) : undefined;
  if (item.isGiven && !millis) {
    item.problem('an amount of CPU above 0 is expected, such as "500m"');
  }
  return millis ? kplus.Cpu.millis(millis) : undefined;
}

function readMemory(item: Item): Size | undefined {
  const bytes = item.isGiven ? bytesOf(String(item.value)) : undefined;
  if (item.isGiven && !bytes) {
    item.problem('an amount of memory above 0 is expected, such as "128Mi"');
  }
  if (!bytes) {
    return undefined;
  }
  const mebibytes = Math.ceil(bytes / 2 ** 20);
  if (mebibytes !== bytes / 2 ** 20) {
    item.changed(`it is rounded up to ${mebibytes}Mi`);
  }
  return Size.mebibytes(mebibytes);
}

function readAutoscaling(item: Item): ChartValues['autoscaling'] {
  const enabled = item.get('enabled').boolean() ?? false;
  const min = item.get('minReplicas').positive('a number of pods');
  const max = item.get('maxReplicas').positive('a number of pods');
  const cpuUtilization = item.get('targetCPUPercentage').positive('a percentage');
  item.rejectUnknown();
  if (enabled) {
    if (min !== undefined && max !== undefined && min > max) {
      item.get('minReplicas').problem(`it is above maxReplicas, which is ${max}`);
    }
    return { min, max, cpuUtilization };
  }
  if (item.isGiven) {
    item.changed('it is not enabled: there is one pod on each node of the pool, whatever minReplicas says');
  }
  return undefined;
}

function readNodeSelector(item: Item): { [key: string]: string } {
  return Object.fromEntries(item.keys().flatMap((key) => {
    const value = item.get(key).text();
    return value === undefined ? [] : [[key, value]];
  }));
}

function readToleration(item: Item): kplus.NodeTaintQuery | undefined {
  const key = item.get('key').text();
  const operator = item.get('operator').text() ?? 'Equal';
  const value = item.get('value').text() ?? '';
  const effectText = item.get('effect').text();
  const seconds = item.get('tolerationSeconds').positive('a number of seconds');
  item.rejectUnknown();
  const effect = Object.values(kplus.TaintEffect).find((each) => (each as string) === effectText);
  if (effectText !== undefined && effect === undefined) {
    item.get('effect').problem(`one of ${Object.values(kplus.TaintEffect).join(', ')} is expected`);
  }
  const options = { effect, evictAfter: seconds === undefined ? undefined : Duration.seconds(seconds) };
  if (operator === 'Exists') {
    return item.check(() => (key === undefined ? kplus.NodeTaintQuery.any() : kplus.NodeTaintQuery.exists(key, options)));
  }
  if (operator !== 'Equal' || key === undefined) {
    item.problem('a toleration has a key, and its operator is Equal or Exists');
    return undefined;
  }
  return item.check(() => kplus.NodeTaintQuery.is(key, value, options));
}

/** The proxy keeps its pods on different nodes itself; the chart's own rule matched no pod. */
function readAffinity(item: Item): { [kind: string]: unknown } {
  const carried: { [kind: string]: unknown } = {};
  for (const kind of item.keys()) {
    const part = item.get(kind);
    if (kind === 'podAntiAffinity') {
      part.changed('the proxy keeps its pods on different nodes itself: this rule is not carried over');
    } else if (kind === 'nodeAffinity' || kind === 'podAffinity') {
      carried[kind] = part.value;
    } else {
      part.problem('nodeAffinity, podAffinity or podAntiAffinity is expected');
    }
  }
  return carried;
}

function readRoutes(item: Item): ChartRoute[] {
  const lines = new Map<string, number>();
  return item.list().flatMap((router) => {
    const route = readRoute(router);
    if (!route) {
      return [];
    }
    const twin = lines.get(route.name);
    if (twin !== undefined) {
      router.get('name').problem(`line ${twin} has that name already, and a Service has a name of its own`);
    }
    lines.set(route.name, route.line);
    return [route];
  });
}

function readRoute(item: Item): ChartRoute | undefined {
  item.keys();
  const name = readRequired(item, 'name');
  const scheme = readScheme(item);
  const hostItem = item.get('host');
  const host = hostItem.text();
  const options = readOptions(item.get('options'));
  const { targets, names } = readTargets(item.get('targets'), scheme ?? Scheme.HTTP);
  item.rejectUnknown();
  if (name !== undefined) {
    item.get('name').check(() => serviceName(`${item.path}.name`, name));
  }
  if (host !== undefined) {
    hostItem.check(() => domainName(`${item.path}.host`, host));
  }
  if (name === undefined || scheme === undefined) {
    return undefined;
  }
  if (scheme === Scheme.HTTPS) {
    item.get('scheme').changed('the chart verified no certificate; the proxy does, for the host\'s name (\'tls\' of createProxy says who is trusted)');
  }
  if (host === undefined && targets.length > 0) {
    explainHost(item, name, scheme, targets, names);
  }
  return { path: item.path, line: item.line, name, scheme, host, targets, names, options };
}

/** Without `host` the chart sent a name of its own making, which no external system can have meant. */
function explainHost(item: Item, name: string, scheme: Scheme, targets: string[], names: string[]): void {
  if (targets.length > 1 || (scheme === Scheme.HTTPS && names.length === 0)) {
    item.problem(`it has no 'host': the chart sent "lb-${name}" as Host${scheme === Scheme.HTTPS ? ', and no certificate can be verified without a name' : ''}; add 'host' with the name of the external system`);
  } else {
    item.changed(`without 'host' the chart sent "lb-${name}" as Host; now it is that of the target, ${targets[0]}`);
  }
}

function readRequired(item: Item, key: string): string | undefined {
  const child = item.get(key);
  const text = child.text();
  if (!child.isGiven) {
    item.problem(`it has no '${key}'`);
  }
  return text;
}

function readScheme(item: Item): Scheme | undefined {
  const text = readRequired(item, 'scheme');
  const scheme = Object.values(Scheme).find((each) => (each as string) === text?.toLowerCase());
  if (text !== undefined && scheme === undefined) {
    item.get('scheme').problem('http or https is expected');
  }
  return scheme;
}

function readTargets(item: Item, scheme: Scheme): Pick<ChartRoute, 'targets' | 'names'> {
  const defaultPort = scheme === Scheme.HTTPS ? 443 : 80;
  const targets = new Map<string, boolean>();
  const items = item.list();
  for (const each of items) {
    const text = each.text();
    const address = text === undefined ? undefined : each.check(() => target(each.path, text, defaultPort));
    if (!address || text === undefined) {
      continue;
    }
    const key = socketAddress(address.host, address.port);
    if (targets.has(key)) {
      each.changed(`the target ${key} is there twice, which doubled the time that a dead one costs: it is taken once`);
      continue;
    }
    if (scheme === Scheme.HTTPS && !/:\d+$/.test(text)) {
      each.changed('without a port the chart spoke TLS to port 80; now it is 443');
    }
    if (address.isName) {
      each.note('the name is looked up again and again while the proxy runs, by the \'resolvers\' of createProxy; the chart looked it up once');
    }
    targets.set(key, address.isName);
  }
  if (!item.isGiven || (items.length === 0 && Array.isArray(item.value))) {
    item.problem('at least one target is needed');
  }
  const all = [...targets];
  return { targets: all.map(([key]) => key), names: all.filter(([, isName]) => isName).map(([key]) => key) };
}

function readOptions(item: Item): ProxyOptions {
  const seconds = (key: string) => {
    const value = item.get(key).positive('a number of seconds');
    return value === undefined ? undefined : Duration.seconds(value);
  };
  const options = {
    connectTimeout: seconds('connectTimeout'),
    sendTimeout: seconds('sendTimeout'),
    readTimeout: seconds('readTimeout'),
    maxBodySize: readBodySize(item.get('clientMaxBodySize')),
  };
  item.rejectUnknown();
  return options;
}

function readBodySize(item: Item): Size | undefined {
  if (!item.isGiven) {
    return undefined;
  }
  const bytes = nginxBytesOf(String(item.value));
  if (!bytes) {
    item.problem('a size above 0 is expected, such as "16m"; nginx took 0 as "unlimited": say the largest body that there is');
    return undefined;
  }
  const kibibytes = Math.ceil(bytes / 1024);
  if (kibibytes * 1024 !== bytes) {
    item.changed(`it is rounded up to ${kibibytes}k`);
  }
  return Size.kibibytes(kibibytes);
}
