import { Chart, Testing } from 'cdk8s';

/** Labels, selectors and the like. */
export interface Labels {
  [key: string]: string;
}

/** A manifest as `Testing.synth` makes it. */
export interface Manifest<Spec = object> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Labels; readonly annotations?: Labels };
  readonly spec: Spec;
}

export interface ConfigMap extends Manifest<never> {
  readonly data: { readonly [file: string]: string };
  readonly immutable?: boolean;
}

export interface ServiceSpec {
  readonly type: string;
  readonly selector: Labels;
  readonly ports: { readonly name: string; readonly port: number; readonly protocol: string; readonly targetPort: string | number }[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly command: string[];
  readonly ports: { readonly name: string; readonly containerPort: number; readonly protocol: string }[];
  readonly resources: { readonly requests?: Labels; readonly limits?: Labels };
  readonly volumeMounts: { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly securityContext: object;
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: string[] } } };
  readonly startupProbe: object;
  readonly readinessProbe: object;
  readonly livenessProbe: object;
}

/** A part of a projected volume. */
export interface VolumeSource {
  readonly configMap?: VolumeItems;
  readonly secret?: VolumeItems;
}
interface VolumeItems {
  readonly name: string;
  readonly items?: { readonly key: string; readonly path: string }[];
}

export interface PodSpec {
  readonly affinity?: {
    readonly nodeAffinity?: object;
    readonly podAntiAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution: object[] };
  };
  readonly containers: Container[];
  readonly enableServiceLinks: boolean;
  readonly nodeSelector?: Labels;
  readonly securityContext: object;
  readonly terminationGracePeriodSeconds: number;
  readonly volumes: { readonly name: string; readonly emptyDir?: object; readonly projected?: { readonly sources: VolumeSource[] } }[];
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Labels };
  readonly spec: PodSpec;
}

export interface WorkloadSpec {
  readonly replicas: number;
  readonly selector: { readonly matchLabels: Labels };
  readonly strategy: object;
  readonly progressDeadlineSeconds: number;
  readonly template: PodTemplate;
}

/** The manifests of a chart, all of them or those of a kind, in the order of the output. */
export function manifests(chart: Chart): Manifest[];
export function manifests(chart: Chart, kind: 'ConfigMap'): ConfigMap[];
export function manifests(chart: Chart, kind: 'Service'): Manifest<ServiceSpec>[];
export function manifests(chart: Chart, kind: 'Deployment'): Manifest<WorkloadSpec>[];
export function manifests(chart: Chart, kind: string): Manifest[];
export function manifests(chart: Chart, kind?: string): Manifest[] {
  return (Testing.synth(chart) as Manifest[]).filter((manifest) => kind === undefined || manifest.kind === kind);
}

/** The one Deployment of a chart. */
export function deployment(chart: Chart): Manifest<WorkloadSpec> {
  const [only, ...others] = manifests(chart, 'Deployment');
  expect(others).toEqual([]);
  return only;
}

/** The pods of the one Deployment of a chart. */
export function podSpec(chart: Chart): PodSpec {
  return deployment(chart).spec.template.spec;
}

/** The nginx texts of all ConfigMaps of a chart by the name of their file. */
export function nginxTexts(chart: Chart): { [file: string]: string } {
  return Object.assign({}, ...manifests(chart, 'ConfigMap').map(({ data }) => data)) as { [file: string]: string };
}
