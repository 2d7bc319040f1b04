package workercmd

import "testing"

func TestReadable(t *testing.T) {
	t.Parallel()
	const head = `{"time":"2026-11-29T20:36:26.357923989Z","level":"`
	for line, want := range map[string]string{
		head + `INFO","msg":"the worker has started","worker":"w","pool":"my pool"}`:  `INFO the worker has started worker=w pool="my pool"`,
		head + `ERROR","msg":"the run is Crashed: \"x\"","runs":3,"last":{"id":"a"}}`: `ERRO the run is Crashed: "x" runs=3 last=map[id:a]`,
		head + `DEBUG","msg":""}`:     `DEBU`,
		`{"msg":"of something else"}`: `{"msg":"of something else"}`,
		head + `INFO","msg":7}`:       head + `INFO","msg":7}`,
		`{"time":"now","msg":"x"}`:    `{"time":"now","msg":"x"}`,
		`{"time":`:                    `{"time":`,
		`panic: runtime error`:        `panic: runtime error`,
		``:                            ``,
		head + `INFO","msg":"a\nb","error":"c\nd"}`: "INFO a\nb\n  error=\n  │ c\n  │ d",
	} {
		if got := Readable(line); got != want {
			t.Errorf("%s:\n got %q\nwant %q", line, got, want)
		}
	}
}
