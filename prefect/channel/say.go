package channel

import (
	"context"
	"time"

	"ecsctl/internal/pause"
)

// say tells the server something of a message and returns its answer, which is empty when
// there was none. It tries a few times, and not after until, unless that is zero.
func (c *cleanups) say(ctx context.Context, kind string, m Message, reason Reason, until time.Time) answer {
	if !until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	var last answer
	for attempt := 1; ; attempt++ {
		f := newFrame(kind, operation{m.ID, m.Token, string(reason)})
		asked := question{answer: make(chan answer, 1)}
		if kind != renewType {
			asked.ends = m.Token
		}
		last = c.ask(ctx, f, asked)
		if !last.mayRepeat() || attempt == mostAttempts || pause.For(ctx, betweenAnswers) != nil {
			break
		}
	}
	if last.status != "accepted" {
		c.log.DebugContext(ctx, "the server did not take what was said of a cleanup message", "said", kind, "answer",
			last.status, "flow run", m.Target.FlowRunID)
	}
	return last
}

// ask sends one frame and waits for its answer.
func (c *cleanups) ask(ctx context.Context, f frame, asked question) answer {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	c.mu.Lock()
	c.answers[f.ID] = asked
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.answers, f.ID)
	}()
	if c.send(ctx, f) != nil {
		return answer{}
	}
	select {
	case a := <-asked.answer:
		return a
	case <-ctx.Done():
		return answer{}
	}
}

// answered hands an answer to who has asked; nobody may wait for it any more.
func (c *cleanups) answered(r result, sent time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked, waiting := c.answers[r.RequestID]
	if !waiting {
		return
	}
	delete(c.answers, r.RequestID)
	got := answer{r.Status, r.LeaseExpires.Sub(sent)}
	if asked.ends != "" && !got.mayRepeat() {
		delete(c.held, asked.ends)
	}
	asked.answer <- got
}
