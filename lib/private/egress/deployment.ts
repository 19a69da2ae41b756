import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { EgressConfiguration } from './configuration';
import { Pods } from './pods';
import { HEALTH_PORT, HEALTH_PORT_NAME } from './ports';
import { CONFIG_DIRECTORY, MAIN_FILE, PID_FILE, RUN_DIRECTORY } from './render';
import { resourceRequirements } from './resources';
import { SecretHeaders } from './secret-headers';
import { TrustMount } from './trust';
import { addNodeSelector } from '../kubernetes/node-selector';
import { withoutEmpty } from '../kubernetes/without-empty';

export interface EgressDeploymentProps {
  readonly name: string;
  readonly labels: { [key: string]: string };
  readonly selector: { [key: string]: string };
  readonly pods: Pods;
  readonly nodeSelector: { [key: string]: string };
  readonly image: string;
  readonly imagePullPolicy: kplus.ImagePullPolicy;
  readonly imagePullSecrets: string[];
  readonly resources?: kplus.ContainerResources;
  readonly tolerations: kplus.NodeTaintQuery[];
  readonly priorityClassName?: string;
  readonly configuration: EgressConfiguration;
  /** Names of the ConfigMaps that hold the configuration. */
  readonly configMaps: () => string[];
  readonly trust: TrustMount;
  readonly secretHeaders: SecretHeaders;
}

/** The user `nginx` of the official image. */
const NGINX_USER = 101;
/** Seconds that a pod goes on serving until all nodes know that it ends, and that are left when all requests have ended. */
const PRE_STOP = 10;
const MARGIN = 5;
/** nginx ends when running requests have; the signal that Kubernetes sends then would cut them, so the hook waits. */
const STOP = `sleep ${PRE_STOP}; kill -QUIT "$(cat ${PID_FILE})"; while [ -e ${PID_FILE} ]; do sleep 1; done`;

/**
 * The Deployment of a proxy. cdk8s-plus makes the frame; what it has no props for, and what depends on routes that are
 * added later, is completed when the spec is asked for.
 */
export class EgressDeployment extends kplus.Deployment {
  private readonly given: EgressDeploymentProps;

  constructor(scope: Construct, id: string, props: EgressDeploymentProps) {
    super(scope, id, {
      metadata: { name: props.name, labels: props.labels },
      podMetadata: { labels: { ...props.labels, [kplus.Pod.ADDRESS_LABEL]: props.name } },
      select: false,
      replicas: props.pods.replicas,
      strategy: rolloutStrategy(props.pods.most),
      containers: [container(props)],
    });
    this.given = props;
    // cdk8s-plus sets a label that comes from the construct's path; a moved construct must keep its selectors
    this.podMetadata.addLabel(kplus.Pod.ADDRESS_LABEL, props.name);
    this.select(kplus.LabelSelector.of({ labels: props.selector }));
    addNodeSelector(this, props.nodeSelector);
    if (props.pods.auto) {
      // the autoscaler's number must not be overwritten at each apply
      this.markHasAutoscaler();
    }
    if (props.tolerations.length > 0) {
      this.scheduling.tolerate(kplus.Node.tainted(...props.tolerations));
    }
  }

  /** @internal */
  public _toKube(): kplus.k8s.DeploymentSpec {
    const { template, minReadySeconds, ...spec } = super._toKube();
    const grace = this.given.configuration.shutdownTimeout / 1000 + PRE_STOP + MARGIN;
    return {
      ...spec,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      progressDeadlineSeconds: Math.max(600, grace + 120),
      template: { ...template, spec: this.completePod(withoutEmpty(template.spec as kplus.k8s.PodSpec), grace) },
    };
  }

  private completePod(pod: kplus.k8s.PodSpec, grace: number): kplus.k8s.PodSpec {
    const { pods, selector, secretHeaders, priorityClassName, imagePullSecrets } = this.given;
    const [nginx, ...others] = pod.containers;
    const { image, imagePullPolicy, securityContext } = nginx;
    const initContainers = [...secretHeaders.toInitContainers({ image, imagePullPolicy, securityContext }), ...(pod.initContainers ?? [])];
    const alone = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: selector } };
    return {
      ...pod,
      ...(pods.most > 1 ? { affinity: withAntiAffinity(pod.affinity, alone) } : {}),
      ...(imagePullSecrets.length > 0 ? { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) } : {}),
      priorityClassName,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true, runAsUser: NGINX_USER, runAsGroup: NGINX_USER, fsGroup: NGINX_USER, seccompProfile: { type: 'RuntimeDefault' },
      },
      terminationGracePeriodSeconds: grace,
      ...(initContainers.length > 0 ? { initContainers } : {}),
      containers: [this.completeContainer(nginx), ...others],
      volumes: [...(pod.volumes ?? []), ...this.projectedVolumes()],
    };
  }

  private completeContainer(nginx: kplus.k8s.Container): kplus.k8s.Container {
    const { configuration, resources, trust, secretHeaders } = this.given;
    const routes = configuration.routes;
    return {
      ...nginx,
      resources: resourceRequirements(resources, routes.length),
      ports: [
        ...(nginx.ports ?? []),
        ...routes.map(({ containerPort, portName }) => ({ name: portName, containerPort, protocol: 'TCP' })),
      ],
      volumeMounts: [
        ...(nginx.volumeMounts ?? []),
        { name: 'config', mountPath: CONFIG_DIRECTORY, readOnly: true },
        ...(trust.toSources().length > 0 ? [{ name: 'trust', mountPath: TrustMount.DIRECTORY, readOnly: true }] : []),
        ...secretHeaders.toVolumeMounts(),
        { name: 'run', mountPath: RUN_DIRECTORY },
      ],
    };
  }

  private projectedVolumes(): kplus.k8s.Volume[] {
    const { configMaps, trust, secretHeaders } = this.given;
    const sources = trust.toSources();
    return [
      { name: 'config', projected: { sources: configMaps().map((name) => ({ configMap: { name } })) } },
      ...(sources.length > 0 ? [{ name: 'trust', projected: { sources } }] : []),
      ...secretHeaders.toVolumes(),
      { name: 'run', emptyDir: {} },
    ];
  }
}

function container({ image, imagePullPolicy }: EgressDeploymentProps): kplus.ContainerProps {
  const health = (options: kplus.ProbeOptions) => kplus.Probe.fromHttpGet('/healthz', { port: HEALTH_PORT, ...options });
  return {
    name: 'nginx',
    image,
    imagePullPolicy,
    command: ['nginx', '-e', 'stderr', '-c', `${CONFIG_DIRECTORY}/${MAIN_FILE}`],
    resources: {},
    ports: [{ name: HEALTH_PORT_NAME, number: HEALTH_PORT, protocol: kplus.Protocol.TCP }],
    startup: health({ periodSeconds: Duration.seconds(1), failureThreshold: 60 }),
    readiness: health({ periodSeconds: Duration.seconds(5), timeoutSeconds: Duration.seconds(3) }),
    liveness: health({ periodSeconds: Duration.seconds(10), timeoutSeconds: Duration.seconds(5), failureThreshold: 6 }),
    lifecycle: { preStop: kplus.Handler.fromCommand(['/bin/sh', '-c', STOP]) },
    securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: [kplus.Capability.ALL] } },
  };
}

/**
 * With a pod on every node of the pool there is no node for one more, so a rollout takes one away first. A single pod is
 * replaced the other way round: the new one comes first, and nothing keeps the two off one node.
 */
function rolloutStrategy(pods: number): kplus.DeploymentStrategy {
  const [surge, unavailable] = pods > 1 ? [0, 1] : [1, 0];
  return kplus.DeploymentStrategy.rollingUpdate({
    maxSurge: kplus.PercentOrAbsolute.absolute(surge),
    maxUnavailable: kplus.PercentOrAbsolute.absolute(unavailable),
  });
}

function withAntiAffinity(affinity: kplus.k8s.Affinity | undefined, term: kplus.k8s.PodAffinityTerm): kplus.k8s.Affinity {
  const { podAntiAffinity } = affinity ?? {};
  const required = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return { ...affinity, podAntiAffinity: { ...podAntiAffinity, requiredDuringSchedulingIgnoredDuringExecution: [...required, term] } };
}
