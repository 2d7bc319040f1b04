package prefectapi

import "time"

// course is what flow runs and task runs have in common: their states, and what these
// say of times and counts.
type course struct {
	states       []*state // all that it has had; the last is the current one
	runCount     int
	expected     moment
	next         moment
	started      moment
	ended        moment
	totalRunTime time.Duration
}

func (c *course) state() *state {
	if len(c.states) == 0 {
		return nil
	}
	return c.states[len(c.states)-1]
}

func (c *course) stateType() stateType {
	if s := c.state(); s != nil {
		return s.Type
	}
	return ""
}

// take adds a state. counts: a Running one is a further run and not the same one resumed.
// endsUnstarted: what never ran has an end too.
func (c *course) take(s *state, counts, endsUnstarted bool) {
	before := c.state()
	if before != nil && !s.Timestamp.After(before.Timestamp.Time) {
		s.Timestamp = moment{before.Timestamp.Add(time.Microsecond)} // no two states share a time
	}
	if before != nil && before.Type == running {
		c.totalRunTime += s.Timestamp.Sub(before.Timestamp.Time)
	}
	if s.Type == running {
		if counts {
			c.runCount++
		}
		c.started = firstOf(c.started, s.Timestamp, !c.started.IsZero())
	}
	c.end(s, endsUnstarted)
	if c.expected.IsZero() {
		c.expected = firstOf(s.Details.ScheduledTime, s.Timestamp, s.Type == scheduled)
	}
	c.next = firstOf(s.Details.ScheduledTime, moment{}, s.Type == scheduled)
	c.states = append(c.states, s)
}

func (c *course) end(s *state, endsUnstarted bool) {
	if !s.Type.final() {
		c.ended = moment{}
		return
	}
	if c.started.IsZero() && !endsUnstarted {
		return
	}
	if c.ended.IsZero() {
		c.ended = s.Timestamp
		c.started = firstOf(c.started, s.Timestamp, !c.started.IsZero())
	}
}

func firstOf(yes, no moment, condition bool) moment {
	if condition {
		return yes
	}
	return no
}

// lateness is in seconds: of the start, or of a run that is due, so far.
func (c *course) lateness(now time.Time) float64 {
	switch {
	case c.expected.IsZero():
		return 0
	case !c.started.IsZero() && c.started.After(c.expected.Time):
		return c.started.Sub(c.expected.Time).Seconds()
	case c.started.IsZero() && c.ended.IsZero() && !c.stateType().final() && now.After(c.expected.Time):
		return now.Sub(c.expected.Time).Seconds()
	}
	return 0
}

// show writes what both kinds of runs show of it.
func (c *course) show(now time.Time) object {
	out := object{
		"state_id": nil, "state_type": nil, "state_name": nil,
		"run_count": c.runCount, "expected_start_time": c.expected, "next_scheduled_start_time": c.next,
		"start_time": c.started, "end_time": c.ended, "total_run_time": c.totalRunTime.Seconds(),
		"estimated_run_time": c.totalRunTime.Seconds(), "estimated_start_time_delta": c.lateness(now),
	}
	if s := c.state(); s != nil {
		out["state_id"], out["state_type"], out["state_name"] = s.ID, s.Type, s.Name
	}
	return out
}
