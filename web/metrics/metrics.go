// Package metrics shows the product's counters in the text format of Prometheus.
// Features count on their own; only this package knows the format.
package metrics

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ecoflow/app"
	"ecoflow/app/fault"
	"ecoflow/app/system"
	"ecoflow/app/traffic"
)

// ContentType is that of the answer.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

var (
	requests = describe("requests_total", "Requests to the deployed API that were answered.", "method", "class")
	byRoute  = describe("route_requests_total", "Requests that a live route answered since it was first called; a thousand routes are told apart.", "method", "route", "class")
	duration = describe("request_duration_seconds", "How long requests to the deployed API took.")
	running  = describe("runs_in_flight", "Runs of flows that are under way.")
	refused  = describe("refused_total", "What limits refused.", "limit")
	routes   = describe("routes", "Routes of the deployed API.")
	streams  = describe("event_streams", "Windows that listen for events.")
	health   = describe("health", "How a part is: 0 sound, 1 somebody should look, 2 it does not work.", "part")
	panics   = describe("panics_total", "Mistakes of the program that were caught; the log has each.")
	started  = describe("uptime_seconds", "How long the process runs.")
	build    = describe("build_info", "The version that runs; always 1.", "version")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("ecoflow_"+name, help, labels, nil)
}

// product collects what the features counted.
type product struct {
	app *app.App
	ctx context.Context //nolint:containedctx // of the one scrape that the collector is made for
}

// Write answers a scrape with the metrics of the product, the process and the Go
// runtime.
func Write(ctx context.Context, a *app.App, w http.ResponseWriter, r *http.Request) error {
	registry := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		product{a, ctx}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := registry.Register(c); err != nil {
			return fmt.Errorf("collect metrics: %w", err)
		}
	}
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}

// Describe implements prometheus.Collector.
func (p product) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{requests, byRoute, duration, running, refused, routes, streams, health, panics, started, build} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (p product) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	p.traffic(out)
	if p.app.Engine != nil {
		gauge(running, float64(p.app.Engine.Running()))
		gauge(routes, float64(len(p.app.Engine.Routes())))
	}
	for name, n := range p.app.Limits.Snapshot() {
		out <- prometheus.MustNewConstMetric(refused, prometheus.CounterValue, float64(n), name)
	}
	for _, part := range p.app.Health.Look(p.ctx).Parts {
		gauge(health, map[system.Condition]float64{system.Warning: 1, system.Failed: 2}[part.Condition], part.Part)
	}
	out <- prometheus.MustNewConstMetric(panics, prometheus.CounterValue, float64(fault.Panics()))
	gauge(streams, float64(p.app.Events.Readers()))
	gauge(started, p.app.System.Uptime().Seconds())
	gauge(build, 1, system.Version())
}

// traffic sends what is known of the requests to the deployed API.
func (p product) traffic(out chan<- prometheus.Metric) {
	total := p.app.Traffic.Total()
	for m, classes := range total.Answered {
		for c, n := range classes {
			if n > 0 {
				out <- prometheus.MustNewConstMetric(requests, prometheus.CounterValue, float64(n), traffic.Methods[m], traffic.Classes[c])
			}
		}
	}
	for route, classes := range p.app.Traffic.Answered() {
		for c, n := range classes {
			if n > 0 {
				out <- prometheus.MustNewConstMetric(byRoute, prometheus.CounterValue, float64(n), route.Method, route.Pattern, traffic.Classes[c])
			}
		}
	}
	buckets, sum := map[float64]uint64{}, uint64(0)
	for i, n := range total.Took {
		sum += n
		if i < len(traffic.Bounds) {
			buckets[float64(traffic.Bounds[i])/float64(time.Second)] = sum
		}
	}
	out <- prometheus.MustNewConstHistogram(duration, sum, total.Spent.Seconds(), buckets)
}
