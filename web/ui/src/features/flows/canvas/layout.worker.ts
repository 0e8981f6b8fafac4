import { layout } from "../dagreLayout";
import type { LayoutInput } from "../layout";

onmessage = ({ data }: MessageEvent<LayoutInput>) => postMessage(layout(data));
