import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { RouteService } from './route-service';

/** Services of others that have the name of a route in its namespace: the last one applied would win. */
export function foreignServices(construct: Construct): string[] {
  const services = construct.node.root.node.findAll().filter((each) => ApiObject.isApiObject(each) && each.kind === 'Service') as ApiObject[];
  const routes = new Map(services.filter(isRoute).map((service) => [keyOf(service), service]));
  return services
    .filter((service) => !isRoute(service))
    .flatMap((service) => {
      const route = routes.get(keyOf(service));
      return route ? [`Service ${service.name} of "${service.node.path}" has the name of a route, "${route.node.scope?.node.scope?.node.path}": give one of them another`] : [];
    });
}

function isRoute(service: ApiObject): boolean {
  return service.node.scope instanceof RouteService;
}

function keyOf({ name, metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${name}`;
}
