package clock

import (
	"testing"
	"time"
)

func rang(timer *Timer) bool {
	select {
	case <-timer.C:
		return true
	default:
		return false
	}
}

func TestAHeldClockMovesByAdvanceAlone(t *testing.T) {
	t.Parallel()
	began := time.Now()
	c := Held(began)
	short, long, stopped := c.NewTimer(time.Second), c.NewTimer(time.Hour), c.NewTimer(time.Second)
	if !c.Waits(time.Second) || c.Waits(time.Second-1) {
		t.Error("the timers are not those that were made")
	}
	stopped.Stop()
	if !rang(c.NewTimer(0)) || rang(short) {
		t.Error("a timer of no length rings at once, and no other")
	}
	c.Advance(time.Second)
	if !c.Now().Equal(began.Add(time.Second)) || c.Since(began) != time.Second {
		t.Errorf("it is %s, %s later", c.Now(), c.Since(began))
	}
	if !rang(short) || rang(short) || rang(long) || rang(stopped) {
		t.Error("the timer that is due rings once, and no other")
	}
	c.Advance(time.Hour)
	if !rang(long) || len(c.alarms) != 0 {
		t.Errorf("%d timers are left", len(c.alarms))
	}
}

func TestNoClockIsThisMachines(t *testing.T) {
	t.Parallel()
	var c *Clock
	before := time.Now()
	if now := c.Now(); now.Before(before) {
		t.Errorf("it is %s, after %s", now, before)
	}
	timer := c.NewTimer(time.Millisecond)
	defer timer.Stop()
	<-timer.C
}
