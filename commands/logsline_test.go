package commands

import (
	"testing"
	"time"

	"ecsctl/operate/logs"
)

func TestSinceTime(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 29, 12, 30, 0, 0, zone)
	for text, want := range map[string]string{
		"15m": "2026-11-29T12:15:00+01:00", "1d": "2026-11-28T12:30:00+01:00", "2w": "2026-11-15T12:30:00+01:00",
		"today": "2026-11-29T00:00:00+01:00", "yesterday": "2026-11-28T00:00:00+01:00",
		"2026-11-01": "2026-11-01T00:00:00+01:00", "2026-11-01T08:00": "2026-11-01T08:00:00+01:00",
		"2026-11-01 08:00:05": "2026-11-01T08:00:05+01:00", "2026-11-01T08:00:00Z": "2026-11-01T08:00:00Z",
		"-5m": "", "0d": "", "soon": "", "1": "",
	} {
		got, err := sinceTime(text, now)
		if (err != nil) != (want == "") || err == nil && got.Format(time.RFC3339) != want {
			t.Errorf("%s: got %s, %v, want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
}

func TestLogLine(t *testing.T) {
	t.Parallel()
	line := logs.LogLine{Time: time.Date(2026, 11, 29, 11, 30, 0, 5e6, time.UTC),
		Task: "0123456789abcdef0123456789abcdef", Message: "one\ntwo"}
	const worker = `{"time":"2026-11-29T11:30:00Z","level":"WARN","msg":"it is slow","pool":"etl"}`
	zone := time.FixedZone("CET", 3600)
	for name, test := range map[string]struct {
		opts   logsOptions
		person bool
		line   string // "": two lines
		want   string
	}{
		"person": {person: true, want: "2026-11-29 12:30:00 01234567 one\n    two\n"},
		"person, UTC": {opts: logsOptions{UTC: true}, person: true,
			want: "2026-11-29 11:30:00Z 01234567 one\n    two\n"},
		"program":  {want: "2026-11-29T11:30:00.005Z 0123456789abcdef0123456789abcdef one\n    two\n"},
		"raw":      {opts: logsOptions{Raw: true}, person: true, want: "one\ntwo\n"},
		"worker's": {person: true, line: worker, want: "2026-11-29 12:30:00 01234567 WARN it is slow pool=etl\n"},
		"a flow's": {opts: logsOptions{FlowRun: "x"}, person: true, line: worker,
			want: "2026-11-29 12:30:00 01234567 " + worker + "\n"},
		"worker's, for a program": {line: worker,
			want: "2026-11-29T11:30:00.005Z 0123456789abcdef0123456789abcdef " + worker + "\n"},
	} {
		line := line
		if test.line != "" {
			line.Message = test.line
		}
		if got := test.opts.logLine(line, test.person, zone); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
