package worker

import (
	"context"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// skewWarned is how far the clocks may differ before the worker warns.
const skewWarned = 5 * time.Second

// checkClock warns when the clocks of this machine and the server are apart, once for each
// change. The worker goes by the server's; what a person compares does not.
func (p *poll) checkClock(ctx context.Context) {
	ahead := p.opts.Prefect.ClockAhead()
	if (ahead - p.skew).Abs() <= skewWarned {
		return
	}
	p.skew = ahead
	if ahead.Abs() <= skewWarned {
		p.skew = 0
		p.log.InfoContext(ctx, "the clocks of this machine and the Prefect server agree again")
		return
	}
	p.log.WarnContext(ctx, "the clocks of this machine and the Prefect server are apart: the worker goes by the server's",
		"server is ahead by", ahead.Round(time.Second).String())
}

// hereFromAWS is a time of AWS's by this machine's clock; the answer that it came in says
// what time it was there.
func hereFromAWS(answer middleware.Metadata, t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	if skew, ok := awsmiddleware.GetAttemptSkew(answer); ok {
		return t.Add(-skew)
	}
	return *t
}
