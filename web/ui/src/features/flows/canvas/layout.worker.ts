import { layout } from "../dagreLayout";
import type { LayoutInput } from "../layout";

self.onmessage = ({ data }: MessageEvent<LayoutInput>) => postMessage(layout(data));
