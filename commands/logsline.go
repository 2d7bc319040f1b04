package commands

import (
	"io"
	"strconv"
	"strings"
	"time"

	"ecsctl/commands/console"
	"ecsctl/commands/workercmd"
	"ecsctl/operate/logs"
)

// sinceTime reads a time to begin at: how long ago (15m, 1d, 2w), today, yesterday, or a date and time, in the
// zone of now where it names none.
func sinceTime(text string, now time.Time) (time.Time, error) {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch text {
	case "":
		return time.Time{}, nil
	case "today":
		return midnight, nil
	case "yesterday":
		return midnight.AddDate(0, 0, -1), nil
	}
	for unit, days := range map[string]int{"d": 1, "w": 7} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			if n, err := strconv.Atoi(number); err == nil && n > 0 && n < 10_000 {
				return now.AddDate(0, 0, -n*days), nil
			}
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04",
		"2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	return time.Time{}, console.Usagef("--since %q: give a time such as 15m, 1d, yesterday or 2026-11-29T08:00", text)
}

// shortTask is as much of a task's id as tells a pool's tasks apart.
const shortTask = 8

// logLine is a line in text: for a person with the local time and a short task id, for a program with UTC and
// all of the id.
func (o logsOptions) logLine(line logs.LogLine, person bool, zone *time.Location) string {
	if o.Raw {
		return line.Message + "\n"
	}
	message := line.Message
	if person && o.FlowRun == "" {
		message = workercmd.Readable(message)
	}
	message = strings.ReplaceAll(message, "\n", "\n    ")
	switch {
	case !person:
		return line.Time.UTC().Format("2006-01-02T15:04:05.000Z") + " " + line.Task + " " + message + "\n"
	case o.UTC:
		zone = time.UTC
	}
	layout := "2006-01-02 15:04:05"
	if o.UTC {
		layout += "Z"
	}
	return line.Time.In(zone).Format(layout) + " " + line.Task[:min(len(line.Task), shortTask)] + " " + message + "\n"
}

// writeLine writes a line of a log to whoever reads it.
func (o logsOptions) writeLine(out io.Writer, line logs.LogLine) error {
	_, err := io.WriteString(console.Exact(out), o.logLine(line, console.IsTerminal(out), time.Local))
	return err
}
