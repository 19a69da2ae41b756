import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ChartRoute, readRoutes } from './chart-routes';
import { bytesOf, millisOf } from './quantity';
import { Item } from './reader';
import { versionInTag } from '../egress/image';
import { checkResources } from '../egress/resources';
import { imageReference, labelKey, labelValue, objectName } from '../kubernetes/grammar';
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
  const pullSecrets = item.get('pullSecrets').list().flatMap((secret) => readPullSecret(secret) ?? []);
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

/** The name of a Secret, as Kubernetes has it or by itself. */
function readPullSecret(item: Item): string | undefined {
  const named = typeof item.value === 'string' ? item : item.get('name');
  const name = named.text();
  if (!named.isGiven) {
    item.problem('the name of a Secret is expected: "mirror" or { name: mirror }');
    return undefined;
  }
  if (named !== item) {
    item.rejectUnknown();
  }
  return name === undefined ? undefined : named.check(() => objectName(named.path, name));
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
  item.check(() => checkResources(resources));
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
  if (cpuUtilization !== undefined && cpuUtilization > 1000) {
    item.get('targetCPUPercentage').problem('a percentage of at most 1000 is expected');
  }
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
    const label = item.get(key);
    const value = label.text();
    if (value === undefined) {
      return [];
    }
    label.check(() => [labelKey(item.path, key), labelValue(label.path, value)]);
    return [[key, value]];
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
  if (seconds !== undefined && effect !== kplus.TaintEffect.NO_EXECUTE) {
    item.get('tolerationSeconds').problem('only a toleration with the effect NoExecute has it');
    return undefined;
  }
  const options = { effect, evictAfter: seconds === undefined ? undefined : Duration.seconds(seconds) };
  if (operator === 'Exists' && key === undefined) {
    if (effectText !== undefined) {
      item.changed('without a key all taints are tolerated, whatever their effect is');
    }
    return kplus.NodeTaintQuery.any();
  }
  if (key === undefined || (operator !== 'Equal' && operator !== 'Exists')) {
    item.problem('a toleration has a key, and its operator is Equal or Exists');
    return undefined;
  }
  return operator === 'Exists' ? kplus.NodeTaintQuery.exists(key, options) : kplus.NodeTaintQuery.is(key, value, options);
}

/** The proxy keeps its pods on different nodes itself; the chart's own rule matched no pod. */
function readAffinity(item: Item): { [kind: string]: unknown } {
  const carried: { [kind: string]: unknown } = {};
  for (const kind of item.keys()) {
    const part = item.get(kind);
    if (kind === 'podAntiAffinity') {
      part.changed('the proxy keeps its pods on different nodes itself: this rule is not carried over');
    } else if (kind === 'nodeAffinity' || kind === 'podAffinity') {
      if (part.keys().length > 0) {
        carried[kind] = part.value;
      }
    } else {
      part.problem('nodeAffinity, podAffinity or podAntiAffinity is expected');
    }
  }
  return carried;
}
