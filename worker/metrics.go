package worker

import (
	"context"
	"errors"
	"time"

	"github.com/aws/smithy-go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics counts what the stages do. It is always there; whether it is shown is
// another matter.
type metrics struct {
	registry *prometheus.Registry  // all that is shown
	register prometheus.Registerer // for those of this pool
	polls    *prometheus.CounterVec
	claims   *prometheus.CounterVec
	launches *prometheus.CounterVec
	seconds  prometheus.Histogram
	endings  *prometheus.CounterVec
	lost     prometheus.Counter
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "ecsctl_worker", Name: name, Help: help}, labels)
}

// processMetrics are those that a process has once, however many pools it serves.
type processMetrics struct {
	registry *prometheus.Registry
	aws      *prometheus.CounterVec
	changes  *prometheus.CounterVec
}

func newProcessMetrics() *processMetrics {
	p := &processMetrics{registry: prometheus.NewRegistry(),
		aws:     counter("aws_calls_total", "Attempted calls of AWS by action and error code.", "action", "code"),
		changes: counter("task_changes_total", "Messages about task changes, by what became of them.", "result"),
	}
	p.registry.MustRegister(p.aws, p.changes, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return p
}

// newMetrics are those of a pool, with its name as a label if there is more than one.
func newMetrics(p *processMetrics, t *table, label string) *metrics {
	m := &metrics{
		registry: p.registry, register: p.registry,
		polls:    counter("polls_total", "Polls for scheduled flow runs.", "result"),
		claims:   counter("claims_total", "Claims of flow runs by the server's answer.", "answer"),
		launches: counter("launches_total", "Submissions of claimed flow runs.", "result"),
		endings:  counter("endings_total", "Flow runs whose task has ended, by what was reported.", "verdict"),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "ecsctl_worker", Name: "launch_seconds", Help: "Time from claim to launched task.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "ecsctl_worker", Name: "log_lines_lost_total", Help: "Log lines that did not reach Prefect.",
		}),
	}
	if label != "" {
		m.register = prometheus.WrapRegistererWith(prometheus.Labels{"pool": label}, p.registry)
	}
	m.register.MustRegister(m.polls, m.claims, m.launches, m.endings, m.seconds, m.lost)
	for name, wanted := range map[string]phase{"claiming": claiming, "launched": launched} {
		m.register.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "ecsctl_worker", Name: "tracked_runs", Help: "Flow runs under way.",
			ConstLabels: prometheus.Labels{"phase": name},
		}, func() float64 { return float64(len(t.inPhase(wanted))) }))
	}
	m.register.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "ecsctl_worker", Name: "slow_starts", Help: "ECS tasks that have not started for minutes.",
	}, func() float64 { return float64(t.slow()) }))
	return m
}

// watchChannel shows whether the worker channel is open.
func (m *metrics) watchChannel(open func() bool) {
	m.register.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "ecsctl_worker", Name: "channel_open",
		Help: "Whether the worker channel is open (1) or heartbeats go over REST (0).",
	}, func() float64 {
		if open() {
			return 1
		}
		return 0
	}))
}

// watchClock shows how far the clocks are apart.
func (m *metrics) watchClock(ahead func() time.Duration) {
	m.register.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "ecsctl_worker", Name: "server_clock_ahead_seconds",
		Help: "How far the clock of the Prefect server is ahead of this machine's.",
	}, func() float64 { return ahead().Seconds() }))
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return "failed"
}

func (m *metrics) polled(err error)      { m.polls.WithLabelValues(outcome(err)).Inc() }
func (m *metrics) claimed(answer string) { m.claims.WithLabelValues(answer).Inc() }
func (m *metrics) ended(verdict string)  { m.endings.WithLabelValues(verdict).Inc() }
func (p *processMetrics) observed(result string, n int) {
	p.changes.WithLabelValues(result).Add(float64(n))
}
func (m *metrics) logLinesLost(n int) { m.lost.Add(float64(n)) }

func (m *metrics) launched(err error, took time.Duration) {
	m.launches.WithLabelValues(outcome(err)).Inc()
	if err == nil {
		m.seconds.Observe(took.Seconds())
	}
}

func (p *processMetrics) awsCalled(action string, err error) {
	code := ""
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		code = api.ErrorCode()
	case err != nil:
		code = "no answer"
	}
	p.aws.WithLabelValues(action, code).Inc()
}
