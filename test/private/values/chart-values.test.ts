import * as kplus from 'cdk8s-plus-28';
import { ChartValues, readChartValues } from '../../../lib/private/values/chart-values';
import { Item } from '../../../lib/private/values/reader';

interface Read {
  readonly values: ChartValues;
  readonly findings: string[];
  readonly problems: string[];
}

/** The values of a file; the image is a known one unless the lines have another. */
function read(...lines: string[]): Read {
  const image = lines.some((line) => line.startsWith('image:')) ? [] : ['image: { repository: nginx, tag: "1.30" }'];
  const { root, report } = Item.parse([...lines, ...image].join('\n'));
  const values = readChartValues(root);
  return {
    values,
    findings: report.findings.filter(({ path }) => image.length === 0 || path !== 'image.tag').map(({ path, message, changed }) => `${path}${changed ? '' : ' (as it was)'}: ${message}`),
    problems: report.problems.map(({ line, message }) => `line ${line}: ${message}`),
  };
}

const NO_NAME = 'the proxy has nothing of that name: it is not carried over';

test('an empty file has the defaults of the proxy, and says that the image is its own', () => {
  const { root, report } = Item.parse('');

  expect(readChartValues(root)).toMatchObject({ maintenance: false, pullSecrets: [], nodeSelector: {}, tolerations: [], affinity: {}, routes: [] });
  expect(report.findings).toEqual([{ path: 'image', message: 'without a repository and a tag the image of the proxy\'s default is used', changed: true }]);
  expect(report.problems).toEqual([]);
});

test.each([['true', true], ['yes', true], ['on', true], ['false', false], ['no', false]])('maintenance: %s is %s', (text, maintenance) => {
  expect(read(`maintenance: ${text}`)).toMatchObject({ values: { maintenance }, findings: [], problems: [] });
});

test('maintenance in quotes is refused', () => {
  expect(read('maintenance: "true"').problems).toEqual(['line 1: \'maintenance\' is "true": true or false is expected, without quotes']);
});

test('what the proxy has nothing of is said, at the top too', () => {
  expect(read('replicaCount: 2', 'service: { type: ClusterIP }').findings).toEqual([`replicaCount: ${NO_NAME}`, `service: ${NO_NAME}`]);
});

test('an own configuration is not carried over, file by file', () => {
  const message = 'the proxy writes its own configuration: this one is not carried over; what is missing can be added with \'addUncheckedDirectives\'';

  expect(read('config:', '  nginx.conf: |', '    events { }', '  extra.conf: ""').findings).toEqual([`config.nginx.conf: ${message}`, `config.extra.conf: ${message}`]);
});

describe('the image', () => {
  const NOTE = 'image.tag (as it was): the image stays at nginx 1.24.0; 1.30.4 and newer have security fixes that matter for a proxy';

  test('stays, and so do its pull policy and the names of its Secrets', () => {
    const { values, findings } = read('image: { repository: mirror.cluster.k8s/nginx, tag: 1.24.0-alpine, pullPolicy: IfNotPresent, pullSecrets: [ { name: a }, b ] }');

    expect(values).toMatchObject({ image: 'mirror.cluster.k8s/nginx:1.24.0-alpine', imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT, pullSecrets: ['a', 'b'] });
    expect(findings).toEqual([NOTE]);
  });

  test('that is always pulled is worth knowing', () => {
    expect(read('image: { repository: nginx, tag: 1.24.0, pullPolicy: Always }').findings).toEqual([
      'image.pullPolicy (as it was): pods start only while the registry answers; without a registry in reach use IfNotPresent',
      NOTE,
    ]);
  });

  test('with a tag that YAML takes for a number has the tag that stands in the file', () => {
    const { values, findings } = read('image: { repository: nginx, tag: 1.30 }');

    expect(values.image).toBe('nginx:1.30');
    expect(findings[0]).toBe('image.tag: without quotes YAML reads 1.30 as the number 1.3; it is taken as "1.30"');
  });

  test.each(['image: { repository: nginx }', 'image: { tag: 1.24.0 }', 'image: {}'])('is the proxy\'s own with a part of it alone: %s', (line) => {
    const { values, findings } = read(line);

    expect(values.image).toBeUndefined();
    expect(findings).toEqual(['image: without a repository and a tag the image of the proxy\'s default is used']);
  });

  test('says what else it has', () => {
    expect(read('image: { repository: nginx, tag: 1.24.0, digest: x, pullSecrets: [ { name: a, namespace: b } ] }').findings)
      .toEqual([`image.pullSecrets[0].namespace: ${NO_NAME}`, `image.digest: ${NO_NAME}`, NOTE]);
  });

  test.each([
    ['tag: latest', '\'image.tag\' is "latest": the tag names no version of nginx, which decides what can be written: use one such as "1.30"'],
    ['tag: stable-alpine', '\'image.tag\' is "stable-alpine": the tag names no version of nginx, which decides what can be written: use one such as "1.30"'],
    ['tag: 1.22.1', '\'image.tag\' is "1.22.1": the lowest version that is supported here is 1.24'],
    ['tag: "1.30 "', '\'image\' is "nginx:1.30 ": an image is "name", "name:tag" or "registry/path/name:tag", such as "mirror.cluster.k8s/library/nginx:1.30"'],
    ['tag: [ 1.30 ]', '\'image.tag\' is [1.3]: text is expected'],
    ['tag: "1.30", pullPolicy: Sometimes', '\'image.pullPolicy\' is "Sometimes": one of Always, IfNotPresent, Never is expected'],
    ['tag: "1.30", pullSecrets: mirror', '\'image.pullSecrets\' is "mirror": a list is expected: write "[ mirror ]"'],
    ['tag: "1.30", pullSecrets: [ Mirror ]',
      '\'image.pullSecrets[0]\' is "Mirror": the name of an object has 1..253 characters of a-z, 0-9, "-" and ".", and starts and ends with a letter or a digit'],
    ['tag: "1.30", pullSecrets: [ { name: a_b } ]',
      '\'image.pullSecrets[0].name\' is "a_b": the name of an object has 1..253 characters of a-z, 0-9, "-" and ".", and starts and ends with a letter or a digit'],
    ['tag: "1.30", pullSecrets: [ { nme: a } ]', '\'image.pullSecrets[0]\' is {"nme":"a"}: the name of a Secret is expected: "mirror" or { name: mirror }'],
    ['tag: "1.30", pullSecrets: [ 5 ]', '\'image.pullSecrets[0]\' is 5: the name of a Secret is expected: "mirror" or { name: mirror }'],
  ])('cannot have %s', (part, problem) => {
    expect(read(`image: { repository: nginx, ${part} }`).problems).toContain(`line 1: ${problem}`);
  });

  test('is a map', () => {
    expect(read('image: nginx').problems).toEqual(['line 1: \'image\' is "nginx": a map is expected']);
  });
});

describe('the resources', () => {
  const amounts = ({ values: { resources } }: Read) => ({
    cpu: [resources?.cpu?.request?.amount, resources?.cpu?.limit?.amount],
    memory: [resources?.memory?.request?.toMebibytes(), resources?.memory?.limit?.toMebibytes()],
  });

  test('stay', () => {
    const all = read('resources: { requests: { cpu: 0.1, memory: 64Mi }, limits: { cpu: 500m, memory: 1Gi } }');

    expect(amounts(all)).toEqual({ cpu: ['100m', '500m'], memory: [64, 1024] });
    expect(all).toMatchObject({ findings: [], problems: [] });
    expect(read().values.resources).toBeUndefined();
  });

  test('in decimal units are rounded up to whole mebibytes', () => {
    const decimal = read('resources: { limits: { memory: 128M } }');

    expect(amounts(decimal).memory).toEqual([undefined, 123]);
    expect(decimal.findings).toEqual(['resources.limits.memory: it is rounded up to 123Mi']);
  });

  test('say what else they have', () => {
    expect(read('resources: { limits: { ephemeral-storage: 1Gi }, requests: { a: 1 }, claims: [] }').findings)
      .toEqual([`resources.limits.ephemeral-storage: ${NO_NAME}`, `resources.requests.a: ${NO_NAME}`, `resources.claims: ${NO_NAME}`]);
  });

  test.each([
    ['limits: { cpu: 0 }', '\'resources.limits.cpu\' is 0: an amount of CPU above 0 is expected, such as "500m"'],
    ['requests: { cpu: 500k }', '\'resources.requests.cpu\' is "500k": an amount of CPU above 0 is expected, such as "500m"'],
    ['limits: { memory: 0 }', '\'resources.limits.memory\' is 0: an amount of memory above 0 is expected, such as "128Mi"'],
    ['requests: { memory: 128mb }', '\'resources.requests.memory\' is "128mb": an amount of memory above 0 is expected, such as "128Mi"'],
    ['limits: { cpu: 500m, memory: 64Mi }, requests: { memory: 128Mi }', '\'resources.memory.limit\' is "64 mebibytes": it is below the request, which is 128'],
    ['limits: 500m', '\'resources.limits\' is "500m": a map is expected'],
  ])('cannot be %s', (part, problem) => {
    expect(read(`resources: { ${part} }`).problems).toEqual([`line 1: ${problem}`]);
  });
});

describe('the autoscaler', () => {
  test('keeps its bounds and aim', () => {
    expect(read('autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 5, targetCPUPercentage: 60 }').values.autoscaling).toEqual({ min: 2, max: 5, cpuUtilization: 60 });
    expect(read('autoscaling: { enabled: yes }').values.autoscaling).toEqual({});
  });

  test.each(['enabled: false, minReplicas: 3', 'enabled: no', 'minReplicas: 3'])('that is not enabled means one pod on each node: %s', (part) => {
    const { values, findings } = read(`autoscaling: { ${part} }`);

    expect(values.autoscaling).toBeUndefined();
    expect(findings).toEqual(['autoscaling: it is not enabled: there is one pod on each node of the pool, whatever minReplicas says']);
  });

  test('says what else it has', () => {
    expect(read('autoscaling: { enabled: true, targetMemoryPercentage: 60 }').findings).toEqual([`autoscaling.targetMemoryPercentage: ${NO_NAME}`]);
  });

  test.each([
    ['enabled: "true"', '\'autoscaling.enabled\' is "true": true or false is expected, without quotes'],
    ['enabled: true, minReplicas: 0', '\'autoscaling.minReplicas\' is 0: a number of pods is expected, a whole number above 0'],
    ['enabled: true, maxReplicas: 1.5', '\'autoscaling.maxReplicas\' is 1.5: a number of pods is expected, a whole number above 0'],
    ['enabled: true, targetCPUPercentage: 60%', '\'autoscaling.targetCPUPercentage\' is "60%": a percentage is expected, a whole number above 0'],
    ['enabled: true, minReplicas: 3, maxReplicas: 2', '\'autoscaling.minReplicas\' is 3: it is above maxReplicas, which is 2'],
  ])('cannot be %s', (part, problem) => {
    expect(read(`autoscaling: { ${part} }`).problems).toEqual([`line 1: ${problem}`]);
  });
});

describe('the labels of nodes', () => {
  test('stay', () => {
    expect(read('nodeSelector: { cluster.k8s/egress: enabled, zone: "1" }').values.nodeSelector).toEqual({ 'cluster.k8s/egress': 'enabled', 'zone': '1' });
    expect(read('nodeSelector: {}').values.nodeSelector).toEqual({});
  });

  test.each([
    ['{ zone: yes }', '\'nodeSelector.zone\' is true: text is expected'],
    ['{ "a b": c }', '\'nodeSelector\' is "a b": the key of a label is "name" or "dns.name/name", such as "cluster.k8s/egress"; the name has 1..63 characters of A-Z, a-z, 0-9 and . _ -'],
    ['{ zone: "a b" }', '\'nodeSelector.zone\' is "a b": the value of a label has 1..63 characters of A-Z, a-z, 0-9 and . _ -, and starts and ends with a letter or a digit'],
    ['enabled', '\'nodeSelector\' is "enabled": a map is expected'],
  ])('cannot be %s', (selector, problem) => {
    expect(read(`nodeSelector: ${selector}`).problems).toEqual([`line 1: ${problem}`]);
  });
});

describe('the tolerations', () => {
  const toleration = (text: string) => read('tolerations:', `  - ${text}`);
  const { NodeTaintQuery, TaintEffect } = kplus;

  test.each([
    ['{ key: dedicated, operator: Equal, value: egress, effect: NoSchedule }', NodeTaintQuery.is('dedicated', 'egress', { effect: TaintEffect.NO_SCHEDULE })],
    ['{ key: dedicated, value: egress }', NodeTaintQuery.is('dedicated', 'egress')],
    ['{ key: dedicated }', NodeTaintQuery.is('dedicated', '')],
    ['{ key: dedicated, operator: Exists, effect: PreferNoSchedule }', NodeTaintQuery.exists('dedicated', { effect: TaintEffect.PREFER_NO_SCHEDULE })],
    ['{ operator: Exists }', NodeTaintQuery.any()],
  ])('stay: %s', (text, query) => {
    expect(toleration(text)).toMatchObject({ values: { tolerations: [query] }, findings: [], problems: [] });
  });

  test('keep the seconds after which pods are evicted', () => {
    const [query] = toleration('{ key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 30 }').values.tolerations;

    expect(query._toKube()).toEqual({ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30, value: undefined });
  });

  test('of all taints are of all effects', () => {
    const { values, findings } = toleration('{ operator: Exists, effect: NoSchedule }');

    expect(values.tolerations).toEqual([NodeTaintQuery.any()]);
    expect(findings).toEqual(['tolerations[0]: without a key all taints are tolerated, whatever their effect is']);
  });

  test('say what else they have', () => {
    expect(toleration('{ key: a, reason: b }').findings).toEqual([`tolerations[0].reason: ${NO_NAME}`]);
  });

  test.each([
    ['{ value: a }', '\'tolerations[0]\' is {"value":"a"}: a toleration has a key, and its operator is Equal or Exists'],
    ['{ key: a, operator: In }', '\'tolerations[0]\' is {"key":"a","operator":"In"}: a toleration has a key, and its operator is Equal or Exists'],
    ['{ key: a, effect: Never }', '\'tolerations[0].effect\' is "Never": one of NoSchedule, PreferNoSchedule, NoExecute is expected'],
    ['{ key: a, effect: NoExecute, tolerationSeconds: 0 }', '\'tolerations[0].tolerationSeconds\' is 0: a number of seconds is expected, a whole number above 0'],
    ['{ key: a, effect: NoSchedule, tolerationSeconds: 5 }', '\'tolerations[0].tolerationSeconds\' is 5: only a toleration with the effect NoExecute has it'],
    ['{ key: a, value: yes }', '\'tolerations[0].value\' is true: text is expected'],
    ['dedicated', '\'tolerations[0]\' is "dedicated": a map is expected'],
  ])('cannot be %s', (text, problem) => {
    expect(toleration(text).problems).toContain(`line 2: ${problem}`);
  });

  test('are a list', () => {
    expect(read('tolerations: { key: a }').problems).toEqual(['line 1: \'tolerations\' is {"key":"a"}: a list is expected']);
  });
});

describe('the affinity', () => {
  test('to nodes and to pods stays', () => {
    const { values, findings } = read('affinity: { nodeAffinity: { a: [ 1 ] }, podAffinity: { b: { c: d } } }');

    expect(values.affinity).toEqual({ nodeAffinity: { a: [1] }, podAffinity: { b: { c: 'd' } } });
    expect(findings).toEqual([]);
  });

  test('has what its anchors stand for', () => {
    expect(read('x: &terms [ { a: b } ]', 'affinity: { nodeAffinity: { terms: *terms } }').values.affinity).toEqual({ nodeAffinity: { terms: [{ a: 'b' }] } });
  });

  test('that keeps pods apart is the proxy\'s own', () => {
    const { values, findings } = read('affinity: { podAntiAffinity: { a: b } }');

    expect(values.affinity).toEqual({});
    expect(findings).toEqual(['affinity.podAntiAffinity: the proxy keeps its pods on different nodes itself: this rule is not carried over']);
  });

  test.each(['{}', '{ nodeAffinity: null, podAffinity: {} }'])('of %s is none', (text) => {
    expect(read(`affinity: ${text}`)).toMatchObject({ values: { affinity: {} }, findings: [], problems: [] });
  });

  test.each([
    ['{ zone: a }', '\'affinity.zone\' is "a": nodeAffinity, podAffinity or podAntiAffinity is expected'],
    ['{ nodeAffinity: a }', '\'affinity.nodeAffinity\' is "a": a map is expected'],
    ['[ nodeAffinity ]', '\'affinity\' is ["nodeAffinity"]: a map is expected'],
  ])('cannot be %s', (text, problem) => {
    expect(read(`affinity: ${text}`).problems).toEqual([`line 1: ${problem}`]);
  });
});
