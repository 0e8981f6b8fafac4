// What the canvas asks the page for.

import type { Point } from "../document";

export interface QuickAddRequest {
  /** Where on the screen the search opens. */
  screen: Point;
  /** Where on the canvas the node goes. */
  at: Point;
  after?: { node: string; port?: string };
  into?: string;
}

export interface MenuRequest {
  screen: Point;
  at: Point;
  kind: "canvas" | "node" | "edge";
  id?: string;
}
