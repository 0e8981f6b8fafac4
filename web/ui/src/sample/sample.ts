// The flow that shows how it is done: two routes, each with a script between the
// request and its answer.

import { newId } from "../api/id";

interface Setting {
  kind: "Request" | "Middleware" | "Response";
  type: string;
  label: string;
  inputs: Record<string, unknown>;
}

interface Definition {
  id: string;
  type: Setting["kind"];
  position: { x: number; y: number };
  data: { moduleID: { _id: string }; label: string; configured: true; templates: true };
}

/** A flow in the form of the wire (http-api 3.12). */
export interface SampleFlow {
  definitions: Definition[];
  connections: {
    id: string;
    source: string;
    sourceHandle: string;
    target: string;
    targetHandle: string;
    animated: false;
    data: { forcedDisabled: false };
  }[];
  configurations: { nodeID: string; configs: Record<string, unknown> }[];
  editor: {
    notes: {
      id: string;
      position: { x: number; y: number };
      width: number;
      height: number;
      text: string;
      color: string;
    }[];
    groups: [];
  };
}

/** What the sample is called where the name is free. */
export const SAMPLE_NAME = "Sample";

const REQUEST = "e7337e7436e2801eaf3b45263dab3462";
const FUNCTION = "c0439b52da5fe14bc644c9d76363315c";
const RESPONSE = "88659a8c0ae433ba8a6f803300262fec";

const COLUMN = 304;
const ROW = 144;
const FIRST_ROW = 160; // below the note

const note = `### How this works
A request comes in on the left, nodes work on it, an answer goes out on the right.

Press **Deploy**, then open \`/api/hello/world\`. Change the code of a *Function* node and deploy again.`;

const script = (value: string): Record<string, unknown> => ({ codeEditor: { value, validate: true } });

const rows: Setting[][] = [
  [
    {
      kind: "Request",
      type: REQUEST,
      label: "Somebody says hello",
      inputs: { apiMethod: "GET", apiEndpoint: "/hello/:name", "$url.params": [] },
    },
    {
      kind: "Middleware",
      type: FUNCTION,
      label: "Greet by name",
      inputs: script("return { hello: request.params.name };"),
    },
    { kind: "Response", type: RESPONSE, label: "Answer", inputs: { mode: "direct", send: "auto" } },
  ],
  [
    {
      kind: "Request",
      type: REQUEST,
      label: "Two numbers",
      inputs: { apiMethod: "POST", apiEndpoint: "/sum", "$url.params": [] },
    },
    {
      kind: "Middleware",
      type: FUNCTION,
      label: "Add them",
      inputs: script("const { a, b } = request.body;\nreturn { sum: Number(a) + Number(b) };"),
    },
    { kind: "Response", type: RESPONSE, label: "Answer", inputs: { mode: "direct", send: "auto" } },
  ],
];

/**
 * Makes the sample, with ids of its own each time: GET /hello/:name answers
 * {"hello": name}, POST /sum adds a and b of the body.
 */
export function sampleFlow(): SampleFlow {
  const flow: SampleFlow = {
    definitions: [],
    connections: [],
    configurations: [],
    editor: {
      notes: [{ id: newId(), position: { x: 0, y: 0 }, width: 816, height: 96, text: note, color: "note" }],
      groups: [],
    },
  };
  rows.forEach((row, y) => {
    let before: string | undefined;
    row.forEach(({ kind, type, label, inputs }, x) => {
      const id = newId();
      flow.definitions.push({
        id,
        type: kind,
        position: { x: x * COLUMN, y: FIRST_ROW + y * ROW },
        data: { moduleID: { _id: type }, label, configured: true, templates: true },
      });
      flow.configurations.push({ nodeID: id, configs: inputs });
      if (before !== undefined) flow.connections.push(connection(before, id));
      before = id;
    });
  });
  return flow;
}

function connection(source: string, target: string): SampleFlow["connections"][number] {
  return {
    id: `reactflow__edge-${source}${source}-source-${target}${target}-target`,
    source,
    sourceHandle: `${source}-source`,
    target,
    targetHandle: `${target}-target`,
    animated: false,
    data: { forcedDisabled: false },
  };
}
