import { Chart, Size } from 'cdk8s';
import { Backend, IngressController, ManagementEntry } from '../lib';
import { fileOf, newBalancer, newChart, SVC } from './support/constructs';
import { ConfigMap, manifests } from './support/manifests';
import { members } from './support/nginx-text';

describe('the nodes are spoken to', () => {
  const port = (controller?: IngressController) => {
    const chart = newChart();
    const balancer = newBalancer(chart, { controller });
    new ManagementEntry(chart, 'app', { balancer, domains: ['app.example'] });
    return members(fileOf(balancer, 'conf.d/ingress.cluster.k8s.conf'), 'app')[0].split(/[ :]/)[2];
  };

  test('on port 80 by default, whatever the controller is', () => {
    expect([port(), port(IngressController.generic()), port(IngressController.ingressNginx()), port(IngressController.traefik())]).toEqual(['80', '80', '80', '80']);
  });

  test('on the port that is given', () => {
    expect(port(IngressController.generic({ port: 30080 }))).toBe('30080');
    expect(port(IngressController.ingressNginx({ port: 8080 }))).toBe('8080');
  });
});

describe('configureController', () => {
  interface Site {
    readonly chart: Chart;
    readonly configMap: () => ConfigMap;
    readonly add: (id: string, maxBodySize: Size, backend?: Backend) => ManagementEntry;
  }

  /** A balancer whose controller is configured before its entries are there. */
  function configure(controller: IngressController, machine = { name: 'ingress.cluster.k8s', address: '10.10.20.2' }): Site {
    const chart = newChart();
    const balancer = newBalancer(chart, { controller, machines: [machine] });
    balancer.configureController(chart, 'controller');
    return {
      chart,
      configMap: () => manifests(chart, 'ConfigMap')[0],
      add: (id, maxBodySize, backend) => new ManagementEntry(chart, id, { balancer, domains: [`${id}.example`], maxBodySize, backend }),
    };
  }

  test('makes the ConfigMap that ingress-nginx reads, in its namespace', () => {
    const { metadata, data } = configure(IngressController.ingressNginx()).configMap();

    expect(metadata).toEqual({ name: 'ingress-nginx-controller', namespace: 'ingress-nginx', labels: { 'app.kubernetes.io/managed-by': 'cdk8s-gatehouse' } });
    expect(data).toEqual({ 'use-forwarded-headers': 'true', 'proxy-real-ip-cidr': '10.10.20.2/32' });
  });

  test('makes values for the Helm chart of Traefik, in its namespace', () => {
    const { metadata, data } = configure(IngressController.traefik()).configMap();

    expect(metadata).toMatchObject({ name: 'traefik-gatehouse-values', namespace: 'traefik' });
    expect(data['values.yaml']).toContain('trustedIPs:\n        - 10.10.20.2/32\n');
  });

  test('takes the namespace that is given', () => {
    expect(configure(IngressController.ingressNginx({ controllerNamespace: 'kube-system' })).configMap().metadata.namespace).toBe('kube-system');
  });

  test('trusts the balancer\'s address alone, also an IPv6 one', () => {
    const { data } = configure(IngressController.ingressNginx(), { name: 'ingress.cluster.k8s', address: '2001:DB8::2' }).configMap();

    expect(data['proxy-real-ip-cidr']).toBe('2001:db8::2/128');
  });

  test('lets the largest body through that the balancer sends to the nodes, by an entry or a path', () => {
    // GIVEN
    const { configMap, add } = configure(IngressController.ingressNginx());
    const bodySize = () => configMap().data['proxy-body-size'];

    // THEN
    const small = add('small', Size.mebibytes(8));
    expect(bodySize()).toBe('8m');
    add('large', Size.mebibytes(64));
    expect(bodySize()).toBe('64m');
    small.addPath('/upload', { backend: Backend.ingress(), maxBodySize: Size.gibibytes(1) });
    expect(bodySize()).toBe('1024m');
  });

  test('does not count bodies that go past the nodes', () => {
    const { configMap, add } = configure(IngressController.ingressNginx());
    add('mirror', Size.gibibytes(4), Backend.machines([SVC]));
    expect(configMap().data['proxy-body-size']).toBeUndefined();

    add('app', Size.mebibytes(8)).addPath('/files', { backend: Backend.machines([SVC]), maxBodySize: Size.gibibytes(4) });
    expect(configMap().data['proxy-body-size']).toBe('8m');
  });

  test('refuses a controller whose settings nobody knows', () => {
    expect(() => configure(IngressController.generic())).toThrow(
      '\'controller\' is "IngressController.generic()": nobody knows its settings: say which controller it is with \'IngressController.ingressNginx()\' or \'IngressController.traefik()\'');
    expect(() => newBalancer(newChart()).configureController(newChart(), 'controller')).toThrow('nobody knows its settings');
  });
});

describe('refuses', () => {
  test.each([0, 65536, 80.5])('port %d', (port) => {
    expect(() => IngressController.generic({ port })).toThrow(`'port' is ${port}: the port must be 1..65535`);
  });

  test.each(['', 'Ingress', 'a.b', 'a_b', 'a'.repeat(64)])('the namespace %j', (controllerNamespace) => {
    expect(() => IngressController.traefik({ controllerNamespace })).toThrow(
      `'controllerNamespace' is ${JSON.stringify(controllerNamespace)}: the name of a namespace has 1..63 characters of a-z, 0-9 and "-", and starts and ends with a letter or a digit`);
  });
});

test('one controller is configured once', () => {
  const chart = newChart();
  const balancer = newBalancer(chart, { controller: IngressController.traefik() });
  balancer.configureController(chart, 'first');

  expect(() => balancer.configureController(chart, 'second')).toThrow(
    '\'id\' is "second": "traffic/first" configures the controller of namespace traefik already');
});
