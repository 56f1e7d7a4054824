/**
 * A Keras/TF.js topology as a list of calls in the order in which they are made: each names its layer, what it is called with
 * and where its weights lie in the job's two flat vectors. A stack of layers is a graph without branches.
 */

import type { ModelProgram } from '../engine.ts';
import { EngineError } from '../engine-error.ts';
import { type JaxLayer, type LayerConfig, LayerGap, type Shape, type WeightSpec } from './layer.ts';
import { LAYER_RULES } from './layers/index.ts';

export interface Graph {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly calls: readonly GraphCall[];
  /** The value that is the model's answer. */
  readonly output: number;
}

/** Value 0 is the model's input; call i makes value i + 1. */
export interface GraphCall {
  readonly name: string;
  readonly layer: JaxLayer;
  readonly inputs: readonly number[];
  readonly params: readonly PlacedWeight[];
  readonly state: readonly PlacedWeight[];
  /** Its weights are parameters; else all of them lie in the state and stay what they are. */
  readonly trainable: boolean;
}

export interface PlacedWeight extends WeightSpec {
  /** Index of the tensor in the layout of the vector that it lies in. */
  readonly place: number;
  readonly penalty: { readonly l1: number; readonly l2: number } | undefined;
}

/** Throws an `EngineError` that names the layer which this engine does not have, and why. */
export function readGraph(program: Pick<ModelProgram, 'topology' | 'params' | 'state'>): Graph {
  const { nodes, inputShape, outputName } = readNodes(program.topology);
  const values = new Map<string, { readonly index: number; readonly shape: Shape }>();
  const made = new Map<Node, { readonly layer: JaxLayer; readonly inputs: readonly number[] }>();
  for (const node of inOrder(nodes)) {
    if (node.kind === 'InputLayer') {
      values.set(node.name, { index: 0, shape: inputShape });
      continue;
    }
    const inputs = node.inputs.map((name) => values.get(name)!);
    const layer = makeLayer(
      node,
      inputs.map(({ shape }) => shape),
    );
    made.set(node, { layer, inputs: inputs.map(({ index }) => index) });
    values.set(node.name, { index: made.size, shape: layer.outputShape });
  }
  const placed = placeWeights(nodes, made, program);
  const output = values.get(outputName) ?? cannotRead(`its output '${outputName}' is no layer of it`);
  const calls = [...made].map(
    ([node, call]): GraphCall => ({ name: node.name, ...call, ...placed.get(node)! }),
  );
  return { inputShape, outputShape: output.shape, calls, output: output.index };
}

type Weights = Pick<GraphCall, 'params' | 'state' | 'trainable'>;

/** Weights lie in the order in which the topology names its layers, whatever the order of their calls. */
function placeWeights(
  nodes: readonly Node[],
  made: ReadonlyMap<Node, { readonly layer: JaxLayer }>,
  program: Pick<ModelProgram, 'params' | 'state'>,
): ReadonlyMap<Node, Weights> {
  const placed = new Map<Node, Weights>();
  const used = { params: 0, state: 0 };
  for (const node of nodes) {
    const layer = made.get(node)?.layer;
    if (layer === undefined) continue;
    const trainable = node.config['trainable'] !== false;
    const place = (kind: 'params' | 'state', specs: readonly WeightSpec[] = []) =>
      specs.map((spec): PlacedWeight => {
        const index = used[kind]++;
        requireShape(node, spec, program[kind][index]?.shape);
        return { ...spec, place: index, penalty: trainable ? penaltyOf(node, spec.name) : undefined };
      });
    placed.set(node, {
      trainable,
      params: place(trainable ? 'params' : 'state', layer.params),
      state: place('state', layer.state),
    });
  }
  if (used.params !== program.params.length || used.state !== program.state.length)
    return cannotRead('the job lays out more weights than its layers have');
  return placed;
}

interface Node {
  readonly kind: string;
  readonly name: string;
  readonly config: LayerConfig;
  readonly inputs: readonly string[];
}

interface LayerJson {
  readonly class_name: string;
  readonly config: LayerConfig;
  readonly inbound_nodes?: readonly (readonly (readonly [name: string, node: number, output: number])[])[];
}

function readNodes(topology: unknown): { nodes: readonly Node[]; inputShape: Shape; outputName: string } {
  const { class_name: kind, config } = (topology ?? {}) as {
    readonly class_name?: string;
    readonly config?: unknown;
  };
  if (kind === 'Sequential') return readStack(config);
  if (kind === 'Model' || kind === 'Functional') return readFunctional(config);
  return cannotRead(`it is a ${kind}`);
}

function readStack(config: unknown) {
  const layers = (
    Array.isArray(config) ? config : (config as { layers: unknown }).layers
  ) as readonly LayerJson[];
  const first = layers[0] ?? cannotRead('it has no layers');
  const inputShape = inputShapeOf(first.config);
  let before = first.class_name === 'InputLayer' ? nameOf(first) : '';
  const nodes: Node[] = before === '' ? [{ kind: 'InputLayer', name: '', config: {}, inputs: [] }] : [];
  for (const layer of layers) {
    nodes.push({ kind: layer.class_name, name: nameOf(layer), config: layer.config, inputs: [before] });
    before = nameOf(layer);
  }
  return { nodes, inputShape, outputName: before };
}

function readFunctional(config: unknown) {
  const { layers, input_layers, output_layers } = config as {
    readonly layers: readonly LayerJson[];
    readonly input_layers: readonly (readonly [string, number, number])[];
    readonly output_layers: readonly (readonly [string, number, number])[];
  };
  if (input_layers.length !== 1 || output_layers.length !== 1)
    return cannotRead('it has more than one input or output');
  const nodes = layers.map((layer): Node => {
    const [calls = [], ...more] = layer.inbound_nodes ?? [];
    const node = {
      kind: layer.class_name,
      name: nameOf(layer),
      config: layer.config,
      inputs: calls.map(([name]) => name),
    };
    if (more.length > 0) refuse(node, 'is used in more than one place');
    return node;
  });
  const input = layers.find((layer) => nameOf(layer) === input_layers[0]![0]);
  return { nodes, inputShape: inputShapeOf(input!.config), outputName: output_layers[0]![0] };
}

/** In an order in which each is called after its inputs. */
function inOrder(nodes: readonly Node[]): readonly Node[] {
  const known = new Set<string>();
  let waiting = nodes;
  const ordered: Node[] = [];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ inputs }) => inputs.every((name) => known.has(name)));
    if (ready.length === 0) return cannotRead('its layers form a circle');
    for (const node of ready) known.add(node.name);
    ordered.push(...ready);
    waiting = waiting.filter((node) => !ready.includes(node));
  }
  return ordered;
}

function nameOf({ config }: LayerJson): string {
  return String(config['name']);
}

function inputShapeOf(config: LayerConfig): Shape {
  const shape = (config['batch_input_shape'] ?? config['batch_shape']) as
    | readonly (number | null)[]
    | undefined;
  if (shape === undefined || shape.slice(1).some((dimension) => dimension === null))
    return cannotRead('its first layer does not say the whole shape of its input');
  return shape.slice(1) as Shape;
}

function makeLayer(node: Node, inputShapes: readonly Shape[]): JaxLayer {
  const rule = LAYER_RULES.get(node.kind);
  if (rule === undefined) return refuse(node, 'is of a kind that it does not have');
  if (node.config['activity_regularizer'] != null) refuse(node, 'has an activity_regularizer');
  const constraint = Object.keys(node.config).find(
    (key) => key.endsWith('_constraint') && node.config[key] != null,
  );
  if (constraint !== undefined) refuse(node, `has a ${constraint}, which the optimizer would not apply`);
  try {
    return rule({ name: node.name, config: node.config, inputShapes });
  } catch (thrown) {
    if (thrown instanceof LayerGap) return refuse(node, thrown.message);
    throw thrown;
  }
}

function penaltyOf(node: Node, weight: string): PlacedWeight['penalty'] {
  const regularizer = node.config[`${weight}_regularizer`] as LayerJson | null | undefined;
  if (regularizer == null) return undefined;
  if (!/^(L1L2|L1|L2)$/i.test(regularizer.class_name))
    return refuse(node, `has the regularizer ${regularizer.class_name}`);
  const { l1, l2 } = regularizer.config;
  return { l1: Number(l1 ?? 0), l2: Number(l2 ?? 0) };
}

function requireShape(node: Node, { name, shape }: WeightSpec, given: Shape | undefined): void {
  if (given?.join() === shape.join()) return;
  refuse(node, `has ${name} of the shape [${shape}], where the job lays out [${given ?? 'nothing'}]`);
}

function refuse({ name, kind }: { readonly name: string; readonly kind: string }, why: string): never {
  throw new EngineError('backend', `jax-js does not have the layer '${name}' (${kind}): it ${why}.`);
}

function cannotRead(why: string): never {
  throw new EngineError('backend', `jax-js cannot read this model: ${why}.`);
}
