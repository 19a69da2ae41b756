import { ApiObject, App, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Scheme } from '../../../lib';
import { foreignServices } from '../../../lib/private/egress/foreign-services';
import { newChart, newEgress } from '../../support/constructs';
import { manifests } from '../../support/manifests';

/** A site with the routes `nexus` and `dashboard` in the namespace prod. */
function newSite(): { app: App; chart: Chart } {
  const app = Testing.app();
  const chart = newChart(app);
  const egress = newEgress(chart);
  ['nexus', 'dashboard'].forEach((name) => egress.addRoute(name, { scheme: Scheme.HTTP, targets: ['203.0.113.1'] }));
  return { app, chart };
}
const service = (chart: Chart, name: string, id = name) => new kplus.Service(chart, id, { metadata: { name }, ports: [{ port: 80 }] });

test('a site without other Services is fine', () => {
  expect(foreignServices(newSite().chart)).toEqual([]);
});

test('Services of other names or namespaces are fine, and so are other objects of the name', () => {
  const { app, chart } = newSite();
  service(chart, 'shop');
  service(new Chart(app, 'other', { namespace: 'dev' }), 'nexus');
  new kplus.ConfigMap(chart, 'map', { metadata: { name: 'nexus' } });

  expect(foreignServices(chart)).toEqual([]);
});

test('each Service that has the name of a route in its namespace is named with the route', () => {
  const { app, chart } = newSite();
  service(chart, 'nexus', 'mine');
  new ApiObject(new Chart(app, 'raw', { namespace: 'prod' }), 'object', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'dashboard' } });

  expect(foreignServices(chart)).toEqual([
    'Service nexus of "traffic/mine/Resource" has the name of a route, "traffic/egress/nexus": give one of them another',
    'Service dashboard of "raw/object" has the name of a route, "traffic/egress/dashboard": give one of them another',
  ]);
});

test('it is said once at the synth, however many proxies there are', () => {
  const { chart } = newSite();
  newEgress(chart, {}, 'second');
  service(chart, 'nexus', 'mine');

  expect(() => manifests(chart)).toThrow(/^Validation failed with the following errors:\n.*Service nexus of "traffic\/mine\/Resource" has the name of a route, "traffic\/egress\/nexus": give one of them another$/);
});
