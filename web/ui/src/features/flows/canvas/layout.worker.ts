import { layout, type LayoutInput } from "../layout";

onmessage = ({ data }: MessageEvent<LayoutInput>) => postMessage(layout(data));
