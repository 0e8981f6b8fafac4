// The measures of cards and the grid, and what automatic layout takes and gives.

export interface Box {
  id: string;
  width: number;
  height: number;
}

export interface LayoutInput {
  boxes: Box[];
  /** port is the place of the port among those of its node. */
  edges: { source: string; target: string; port?: number }[];
  /** Boxes that stay together. */
  groups?: { members: string[] }[];
}

export type Positions = Record<string, { x: number; y: number }>;

export const GRID = 16;
export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 56;
/** Around the members of a group, and above them. */
export const GROUP_MARGIN = 24;
export const GROUP_TITLE = 28;

/** The height of a card with the given number of output ports. */
export function cardHeight(ports: number): number {
  return NODE_HEIGHT + Math.max(0, ports - 2) * 20;
}

export const snap = (v: number): number => Math.round(v / GRID) * GRID;
