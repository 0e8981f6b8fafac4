import type { Catalogue } from "../catalogue";
import type { FlowNode } from "../document";
import type { OpenFlow } from "../store";

/** What the tabs of a node get. */
export interface TabProps {
  flow: OpenFlow;
  node: FlowNode;
  type: ReturnType<Catalogue["of"]>;
  catalogue: Catalogue;
}
