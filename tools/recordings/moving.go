package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// atMost is how long one frame stays: a wait is shown, not waited through.
	atMost = 1500 * time.Millisecond
	// atTheEnd is how long the last one stays, before it begins again.
	atTheEnd = 6 * time.Second
	// apart is the least between two frames; more would not be seen.
	apart = 100 * time.Millisecond
)

// frame is what was on the screen from a moment on.
type frame struct {
	at   time.Time
	rows [][]run
}

// film keeps the screens of a terminal as they change.
type film struct {
	args       []string
	cols, rows int
	frames     []frame
}

// shoot adds a frame, if anything has moved since the last one.
func (f *film) shoot(at time.Time, screen [][]run) {
	if n := len(f.frames); n > 0 {
		last := &f.frames[n-1]
		if sameScreen(last.rows, screen) {
			return
		}
		if at.Sub(last.at) < apart {
			last.rows = screen
			return
		}
	}
	f.frames = append(f.frames, frame{at, screen})
}

func sameScreen(a, b [][]run) bool {
	return slices.EqualFunc(a, b, func(x, y []run) bool { return slices.Equal(x, y) })
}

// picture is the film as one SVG, which moves by CSS alone: the frames lie below each other, and the window goes
// from one to the next. Whoever prefers no motion sees the last one.
func (f *film) picture() []byte {
	var b bytes.Buffer
	openWindow(&b, f.cols, f.rows)
	height := f.rows*lineHeight + 2*padding
	stays, whole := f.durations()
	var keys strings.Builder
	var passed time.Duration
	for i, stay := range stays {
		fmt.Fprintf(&keys, "%.3f%%{transform:translateY(-%dpx)}", 100*passed.Seconds()/whole.Seconds(), i*height)
		passed += stay
	}
	last := (len(stays) - 1) * height
	fmt.Fprintf(&b, "<style>@keyframes film{%s}.film{animation:film %.1fs step-end infinite}"+
		"@media (prefers-reduced-motion:reduce){.film{animation:none;transform:translateY(-%dpx)}}</style>\n",
		keys.String(), whole.Seconds(), last)
	f.define(&b)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// durations are how long each frame stays, and all of them.
func (f *film) durations() (stays []time.Duration, whole time.Duration) {
	for i := range f.frames {
		stay := atTheEnd
		if i+1 < len(f.frames) {
			stay = min(f.frames[i+1].at.Sub(f.frames[i].at), atMost)
		}
		stays = append(stays, stay)
		whole += stay
	}
	return stays, whole
}

// define writes each line once and then the frames, which use them.
func (f *film) define(b *bytes.Buffer) {
	numbers := map[string]int{}
	var lines, frames bytes.Buffer
	for i, frame := range f.frames {
		fmt.Fprintf(&frames, `<g transform="translate(0 %d)">`, i*(f.rows*lineHeight+2*padding))
		for y, row := range frame.rows {
			var line bytes.Buffer
			if writeLine(&line, 0, row); line.Len() == 0 {
				continue
			}
			n, known := numbers[line.String()]
			if !known {
				n = len(numbers)
				numbers[line.String()] = n
				fmt.Fprintf(&lines, `<g id="l%d">%s</g>`+"\n", n, strings.TrimSuffix(line.String(), "\n"))
			}
			fmt.Fprintf(&frames, `<use href="#l%d" y="%d"/>`, n, y*lineHeight)
		}
		frames.WriteString("</g>\n")
	}
	fmt.Fprintf(b, "<defs>\n%s</defs>\n<g class=\"film\">\n%s</g>\n", lines.String(), frames.String())
}
