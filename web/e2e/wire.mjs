// Flows made without drawing them: what a story starts from, over the same API
// that the window speaks.

/** The types that the stories use, by their name in the palette. */
export const types = {
  Request: { kind: "Request", id: "e7337e7436e2801eaf3b45263dab3462" },
  Function: { kind: "Middleware", id: "c0439b52da5fe14bc644c9d76363315c" },
  Debug: { kind: "Debug", id: "64ef275d4470083f7477dcea3933181b" },
  Text: { kind: "Middleware", id: "0693cd72b3f576cfef83978264d3d6ea" },
  Map: { kind: "Middleware", id: "f8922363e559bf1a494054c28d1cabf7" },
  Condition: { kind: "Middleware", id: "cf31a209a1840bb04a8aec65600a2df4" },
  Response: { kind: "Response", id: "88659a8c0ae433ba8a6f803300262fec" },
};

/** A node of a flow with its settings. */
export function node(id, type, label, inputs = {}, position = { x: 96, y: 96 }) {
  const { kind, id: module } = types[type];
  return {
    definition: { id, type: kind, position, data: { moduleID: { _id: module }, label, configured: true, templates: true } },
    configuration: { nodeID: id, configs: inputs },
  };
}

/** A flow of nodes; each is connected to the next one. */
export function chain(nodes, editor) {
  return {
    definitions: nodes.map((n, i) => ({ ...n.definition, position: { x: 96 + 304 * i, y: 96 } })),
    connections: nodes.slice(1).map((n, i) => edge(nodes[i].definition.id, n.definition.id)),
    configurations: nodes.map((n) => n.configuration),
    ...(editor ? { editor } : {}),
  };
}

export function edge(source, target) {
  return { id: `${source}-${target}`, source, sourceHandle: "", target, targetHandle: "", animated: false, data: { forcedDisabled: false } };
}

/** GET a route with a script between request and answer. */
export function answering(path, code = "return {ok: true}") {
  return chain([
    node("in", "Request", "Ask", { apiMethod: "GET", apiEndpoint: path, "$url.params": [] }),
    node("work", "Function", "Work", { codeEditor: { value: code, validate: true } }),
    node("out", "Response", "Answer", { mode: "direct" }),
  ]);
}

/** Calls the server from a window, as the person who is signed in there; the envelope, or the error it is. */
export async function ask(page, method, path, body) {
  const { status, text } = await page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(`/systemApi${path}`, {
        method,
        ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text() };
    },
    [method, path, body],
  );
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
  return text === "" ? undefined : JSON.parse(text).payload;
}

/** Saves a flow as a new draft. */
export function putFlow(page, name, flow) {
  return ask(page, "PUT", `/drafts/${encodeURIComponent(name)}`, { base: 0, flow });
}

/** The draft of a flow as the server has it. */
export function getFlow(page, name) {
  return ask(page, "GET", `/drafts/${encodeURIComponent(name)}`);
}

/** The label of a node in a draft. */
export async function labelOf(page, flow, id) {
  const draft = await getFlow(page, flow);
  return draft.flow.definitions.find((n) => n.id === id)?.data.label;
}
