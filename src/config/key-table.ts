import { type SchemaNode, schemaTree } from './schema-tree.ts';
import { defaultText, environmentName } from './settings.ts';

/** A key of the configuration, as the manual's table shows it. */
export interface KeyRow {
  /** `timeouts.dial`, `gateway.services.NAME.base`, `forwards[].to[].weight`. */
  readonly path: string;
  /** With its dashes: `--dial-timeout`. */
  readonly flag: string | undefined;
  /** `FLOATGATE_DIAL_TIMEOUT`. */
  readonly variable: string | undefined;
  /** What may be written: `DURATION`, `off|v1|v2`, `CIDR, or a list of them`. */
  readonly type: string;
  /** In words; empty where there is none. */
  readonly default: string;
  readonly description: string;
  /** Whether a service or a forward may have a value of its own, by the same name. */
  readonly scopes: 'top only' | 'service and forward too';
}

/** Every key that holds a value, in the order of the schema. Keys that scopes share with the top are listed there. */
export function keyTable(): readonly KeyRow[] {
  const service = schemaTree().keys.get('gateway')?.keys.get('services')?.each;
  return rowsOf(schemaTree(), '', service === undefined ? [] : [service]);
}

/** `scopes`: the nodes of services, or of mappings in them, where the same keys may stand. */
function rowsOf(node: SchemaNode, around: string, scopes: readonly SchemaNode[]): readonly KeyRow[] {
  return [...node.keys].flatMap(([key, below]): readonly KeyRow[] => {
    const path = around === '' ? key : `${around}.${key}`;
    if (isShared(path)) return [];
    const inScopes = scopes.flatMap(({ keys }) => keys.get(key) ?? []);
    const { each } = below;
    const row = rowOf(path, below, inScopes.length > 0);
    if (below.reads === 'services') return [row, ...(each === undefined ? [] : rowsOf(each, `${path}.NAME`, []))];
    if (each !== undefined && each.keys.size > 0) {
      // An item that is always a mapping is described by its keys alone.
      return [...(row.type === '' ? [] : [row]), ...rowsOf(each, `${path}[]`, [])];
    }
    return below.keys.size > 0 ? rowsOf(below, path, inScopes) : [row];
  });
}

/** Settings of a service or a forward that stand at the top, too. */
function isShared(path: string): boolean {
  const [, shared] = /^(?:gateway\.services\.NAME|forwards\[\])\.(\w+)$/.exec(path) ?? [];
  return shared !== undefined && schemaTree().keys.has(shared);
}

function rowOf(path: string, node: SchemaNode, inScopes: boolean): KeyRow {
  const { description = '' } = node.about;
  const flag = path.includes('[]') ? undefined : node.about.flag;
  const isList = node.reads === 'list' && node.placeholder !== '';
  return {
    path,
    flag: flag === undefined ? undefined : `--${flag}`,
    variable: flag === undefined ? undefined : environmentName(flag),
    type: isList ? `${node.placeholder}, or a list of them` : node.placeholder,
    default: defaultText(node),
    description,
    scopes: inScopes ? 'service and forward too' : 'top only',
  };
}
