import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { t } from "../../text/t";
import { shortTime } from "../../text/time";
import type { Traffic } from "./queries";
import "uplot/dist/uPlot.min.css";

const HEIGHT = 140;
/** How many points one bar stands for: a quarter of an hour. */
const BAR = 3;

interface Bar {
  at: number;
  requests: number;
  errors: number;
}

function barsOf({ points }: Traffic): Bar[] {
  const bars: Bar[] = [];
  for (let i = 0; i < points.length; i += BAR) {
    const part = points.slice(i, i + BAR);
    bars.push({
      at: new Date(part[0]?.at ?? 0).getTime() / 1000,
      requests: part.reduce((n, p) => n + p.requests, 0),
      errors: part.reduce((n, p) => n + p.errors, 0),
    });
  }
  return bars;
}

const clock = (seconds: number): string => shortTime(seconds * 1000);

/** Requests and failures over the day, as bars. */
export function TrafficChart({ day }: { day: Traffic }) {
  const box = useRef<HTMLDivElement>(null);
  const colorScheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours follow the scheme
  useEffect(() => {
    const at = box.current;
    if (!at) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const axis = {
      stroke: colour("muted"),
      grid: { stroke: colour("border"), width: 1 },
      ticks: { show: false },
      font: `11px ${style.getPropertyValue("--font")}`,
    };
    const shown = barsOf(day);
    const bars = uPlot.paths.bars?.({ size: [0.8, 12] });
    const series = (label: string, name: string): uPlot.Series => ({
      label,
      stroke: colour(name),
      fill: colour(name),
      points: { show: false },
      ...(bars ? { paths: bars } : {}),
    });
    const chart = new uPlot(
      {
        width: at.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 24, 0, 0],
        scales: { y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
        series: [{}, series(t("traffic.requestsHead"), "primary"), series(t("traffic.errors"), "danger-fill")],
        axes: [
          { ...axis, values: (_, ticks) => ticks.map(clock) },
          { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10_000, 100_000] },
        ],
      },
      [shown.map((b) => b.at), shown.map((b) => b.requests), shown.map((b) => b.errors)],
      at,
    );
    const follow = new ResizeObserver(() => chart.setSize({ width: at.clientWidth, height: HEIGHT }));
    follow.observe(at);
    return () => {
      follow.disconnect();
      chart.destroy();
    };
  }, [day, colorScheme]);
  return (
    <div
      ref={box}
      className="overview__chart"
      role="img"
      aria-label={t("traffic.label", { n: day.requests, errors: day.errors })}
    />
  );
}
